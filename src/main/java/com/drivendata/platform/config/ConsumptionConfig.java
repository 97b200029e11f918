package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;

/** The Athena workgroup and the most bytes one query may scan (MiB; 0 is no limit). */
public record ConsumptionConfig(String workgroup, int scanLimitMb) {

    static ConsumptionConfig read(YamlSection consumption, String company) {
        int scanLimitMb =
                scanLimit(consumption, 10_240, "The most that one query may scan, in MiB, from 10 on; 0 is no limit.");
        return new ConsumptionConfig(
                consumption.value(
                        "workgroup",
                        AwsNames.WORKGROUP,
                        company,
                        "The Athena workgroup. *Replaces* it and its saved queries."),
                scanLimitMb);
    }

    /** Athena refuses a cutoff below 10 MiB. */
    static int scanLimit(YamlSection section, int fallback, String about) {
        int limitMb = section.value("scan_limit_mb", Kinds.integer(0, 1_000_000), fallback, about);
        if (limitMb > 0 && limitMb < 10) {
            section.note("scan_limit_mb", "\"%d\": must be 0 (no limit) or at least 10".formatted(limitMb));
        }
        return limitMb;
    }
}
