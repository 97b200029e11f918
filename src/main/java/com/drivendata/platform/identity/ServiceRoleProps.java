package com.drivendata.platform.identity;

import java.util.List;

/**
 * What {@link ServiceRole} needs.
 *
 * @param name the role's name, unique in the account
 * @param services the service principals that may assume the role
 * @param accountId the account on whose behalf the services must act (may be a Terraform expression)
 * @param sourceArn the resource, or a pattern of resources, on whose behalf they must act
 * @param policy the role's permissions, a filled {@link PolicyTemplate}
 */
public record ServiceRoleProps(String name, List<String> services, String accountId, String sourceArn, String policy) {}
