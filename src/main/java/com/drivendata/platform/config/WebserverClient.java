package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;

/** Who may open the private Airflow UI: an IPv4 range, or the members of a security group. */
public record WebserverClient(String source) {

    private static final String GROUP = "sg-[0-9a-f]{8}([0-9a-f]{9})?";

    static final Kind<WebserverClient> KIND = Kinds.<WebserverClient>parsed(text -> {
                if (!text.matches(GROUP)) {
                    range(text);
                }
                return new WebserverClient(text);
            })
            .allowed("IPv4 ranges and security group ids");

    public boolean isSecurityGroup() {
        return source.startsWith("sg-");
    }

    private static void range(String text) {
        if (!text.contains("/")) {
            throw new IllegalArgumentException(
                    "must be an IPv4 range such as 10.8.0.0/22, or the id of a security group"
                            + " such as sg-0123456789abcdef0");
        }
        if (Cidr.parse(text).prefix() == 0) {
            throw new IllegalArgumentException(
                    "is everybody; name the ranges of your network, or set orchestration.webserver_access: public");
        }
    }
}
