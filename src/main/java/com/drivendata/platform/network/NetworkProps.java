package com.drivendata.platform.network;

import com.drivendata.platform.config.NetworkConfig;
import com.drivendata.platform.config.WebserverClient;
import java.util.List;

/**
 * What {@link Network} needs.
 *
 * @param name stands before the names of its parts, such as the company; unique in the account
 * @param webserverClients who may open the private Airflow UI
 */
public record NetworkProps(String name, String region, NetworkConfig network, List<WebserverClient> webserverClients) {

    /** The availability zone with this position in the deployment's list. */
    String zone(int index) {
        return region + zoneLetter(index);
    }

    String zoneLetter(int index) {
        return network.zones().get(index);
    }
}
