package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import java.util.List;

/** The numbers of days that CloudWatch Logs can keep a log group. */
final class LogRetention {

    private LogRetention() {}

    static final int DEFAULT_DAYS = 30;

    /** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
    static final Kind<Integer> DAYS = Kinds.integerOf(List.of(
                    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
                    3653))
            .allowed("as CloudWatch offers: 1, 3, 5, 7, 14, 30, 60, 90, …");
}
