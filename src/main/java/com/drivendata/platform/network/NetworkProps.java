package com.drivendata.platform.network;

import com.drivendata.platform.config.NetworkConfig;

/**
 * What {@link Network} needs.
 *
 * @param name stands before the names of its parts, such as the company; unique in the account
 */
public record NetworkProps(String name, String region, NetworkConfig network) {

    /** The availability zone with this position in the deployment's list. */
    String zone(int index) {
        return region + zoneLetter(index);
    }

    String zoneLetter(int index) {
        return network.zones().get(index);
    }
}
