package com.drivendata.platform.storage;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Content hashes, in hex. */
final class Sha256 {

    private static final int SHORT = 12;

    private Sha256() {}

    static String of(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** The first twelve digits: enough to tell apart the contents that one file ever had. */
    static String shortOf(byte[]... parts) {
        return of(parts).substring(0, SHORT);
    }
}
