package com.drivendata.platform.identity;

import java.util.List;
import java.util.Optional;

/**
 * What {@link ServiceRole} needs.
 *
 * @param name the role's name, unique in the account
 * @param services the service principals that may assume the role
 * @param accountId the account on whose behalf the services must act, literally or as a Terraform expression
 * @param sourceArn the resource on whose behalf they must act, for services that say which
 * @param policy the role's permissions as JSON
 * @param boundary the policy beyond which no permission of the role goes, whatever it is given
 */
public record ServiceRoleProps(
        String name,
        String description,
        List<String> services,
        String accountId,
        Optional<String> sourceArn,
        String policy,
        String boundary) {}
