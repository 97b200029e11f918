package com.drivendata.platform.identity;

import com.drivendata.platform.config.CicdConfig;

/**
 * What {@link CicdRoles} needs.
 *
 * @param names where {@code policies/} lies and what the stack's resources are called
 */
public record CicdRolesProps(ServiceRolesProps names, CicdConfig cicd) {}
