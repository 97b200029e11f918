package com.drivendata.platform.network;

import com.drivendata.platform.config.NetworkConfig;

/** What {@link Network} needs. {@code name} is put before the names of what has no name of its own. */
public record NetworkProps(String name, String region, NetworkConfig network) {}
