package com.drivendata.platform.config;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An IPv4 range. {@code first} is its lowest address. */
record Cidr(long first, int prefix) {

    private static final Pattern FORM = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})/(\\d{1,2})");

    /** Ranges that aren't routed in the internet (RFC 1918). */
    private static final List<Cidr> PRIVATE =
            List.of(parse("10.0.0.0/8"), parse("172.16.0.0/12"), parse("192.168.0.0/16"));

    /** @throws IllegalArgumentException if {@code text} isn't a range with all host bits zero */
    static Cidr parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("must be an IPv4 range such as 10.192.0.0/16");
        }
        long address = 0;
        for (int group = 1; group <= 4; group++) {
            int octet = Integer.parseInt(matcher.group(group));
            if (octet > 255) {
                throw new IllegalArgumentException("must be an IPv4 range such as 10.192.0.0/16: " + octet + " > 255");
            }
            address = address * 256 + octet;
        }
        int prefix = Integer.parseInt(matcher.group(5));
        if (prefix > 32) {
            throw new IllegalArgumentException("must be an IPv4 range such as 10.192.0.0/16: /" + prefix + " > /32");
        }
        long size = 1L << (32 - prefix);
        if (address % size != 0) {
            throw new IllegalArgumentException("must begin at its lowest address: did you mean "
                    + new Cidr(address - address % size, prefix) + "?");
        }
        return new Cidr(address, prefix);
    }

    /**
     * A VPC's range. Its subnets have fixed places: public x.x.0.0/20, x.x.16.0/20 and x.x.32.0/20, private x.x.48.0/20
     * and x.x.64.0/20. All of them lie in a /16 (the largest that a VPC can be) and in the lower /17 of one.
     */
    static Cidr vpc(String text) {
        Cidr cidr = parse(text);
        if (cidr.prefix < 16) {
            throw new IllegalArgumentException("too large: a VPC is at most a /16");
        }
        if (cidr.prefix > 17 || cidr.first % 65_536 != 0) {
            throw new IllegalArgumentException("too small: the subnets x.x.0.0/20 to x.x.64.0/20 must fit,"
                    + " so it must be x.x.0.0/16 or x.x.0.0/17");
        }
        if (PRIVATE.stream().noneMatch(cidr::overlaps)) {
            throw new IllegalArgumentException("must lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
        }
        return cidr;
    }

    boolean overlaps(Cidr other) {
        return first < other.first + other.size() && other.first < first + size();
    }

    private long size() {
        return 1L << (32 - prefix);
    }

    @Override
    public String toString() {
        return "%d.%d.%d.%d/%d".formatted(first >> 24, first >> 16 & 255, first >> 8 & 255, first & 255, prefix);
    }
}
