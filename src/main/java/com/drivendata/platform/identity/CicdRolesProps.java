package com.drivendata.platform.identity;

import com.drivendata.platform.config.CicdConfig;
import java.util.List;

/**
 * What {@link CicdRoles} needs.
 *
 * @param names where {@code policies/} lies and what the stack's resources are called
 * @param sharedNetwork the parts of the network that the stack uses and didn't make, as EC2's ARNs name them
 */
public record CicdRolesProps(ServiceRolesProps names, CicdConfig cicd, List<String> sharedNetwork) {}
