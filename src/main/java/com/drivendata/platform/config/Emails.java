package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.List;

/** The key {@code emails}: addresses that AWS writes to, each of them once. */
final class Emails {

    private static final Kind<String> ADDRESS = Kinds.text("[^@\\s]+@[^@\\s]+\\.[^@\\s]+", "an e-mail address");

    private Emails() {}

    static List<String> read(YamlSection section, String about) {
        List<String> emails = section.values("emails", ADDRESS, List.of(), about);
        if (emails.stream().distinct().count() < emails.size()) {
            section.note("emails", "names an address twice");
        }
        return emails;
    }
}
