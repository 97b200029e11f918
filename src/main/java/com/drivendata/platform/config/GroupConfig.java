package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A group of people, the tables that it may query, and its Athena workgroup.
 *
 * @param tables names of tables, or {@link #ALL} alone
 * @param personalData whether it may read tables that hold personal data as they are, beside the departments' own
 * @param assumedBy ARNs of those who may assume its role; empty for the account's own identities, as IAM allows them
 * @param attachTo the role to which its policy is attached
 */
public record GroupConfig(
        String name,
        List<String> tables,
        boolean personalData,
        String workgroup,
        int scanLimitMb,
        Access access,
        List<String> assumedBy,
        Optional<String> attachTo) {

    /** Stands for every table. */
    public static final String ALL = "all";

    /** How people get the group's permissions. */
    public enum Access {
        /** A role of its own, which they assume. */
        ROLE,
        /** A managed policy, which a role of the company's identity provider holds. */
        POLICY
    }

    /** What the roles and policies of the platform itself are called, after the company or as Terraform's resources. */
    private static final String TAKEN =
            "airflow|glue|deadline|erasure|((execution|group)_)?boundary|(plan|apply)(_[0-9]+)?";

    /** Each has a role and a workgroup, of which the workflows' policies name every one. */
    private static final int MOST = 20;

    private static final int MOST_OF_A_WORKGROUP = 128;

    private static final Kind<String> NAME = Kinds.text(
            "[a-z][a-z0-9_]{0,30}", "a lower-case letter followed by up to 30 lower-case letters, digits or _");
    private static final Kind<String> TABLE =
            Kinds.text("[a-z][a-z0-9_]{0,127}", "a table of the pipeline table, or all");
    private static final Kind<String> PRINCIPAL = Kinds.text(
            "arn:aws[a-z-]*:iam::[0-9]{12}:(root|role/.+|saml-provider/.+)",
            "the ARN of a role, an account (…:root) or a SAML provider");
    private static final Kind<String> ROLE_NAME =
            Kinds.text("[\\w+=,.@-]{1,64}", "a role's name: up to 64 letters, digits or _ + = , . @ -");

    static List<GroupConfig> readAll(YamlSection root, ConsumptionConfig consumption) {
        List<YamlSection> sections = root.sections(
                "groups",
                "The groups of people who query: for each a role or a policy, and an Athena workgroup with results of"
                        + " its own.");
        List<GroupConfig> groups = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<String> workgroups = new HashSet<>(Set.of(String.valueOf(consumption.workgroup())));
        for (YamlSection section : sections) {
            GroupConfig group = read(section, consumption);
            group.noteConflicts(section);
            if (group.name() != null && !names.add(group.name())) {
                section.note("name", "\"%s\": there is such a group already".formatted(group.name()));
            } else if (!workgroups.add(group.workgroup())) {
                section.note("workgroup", "\"%s\": must be a workgroup of its own".formatted(group.workgroup()));
            }
            groups.add(group);
        }
        if (groups.size() > MOST) {
            root.note("groups", "%d groups: must be at most %d".formatted(groups.size(), MOST));
        }
        return List.copyOf(groups);
    }

    private static GroupConfig read(YamlSection group, ConsumptionConfig consumption) {
        String name = group.required("name", NAME, "The group; its role or policy is `<company>_<name>`.");
        return new GroupConfig(
                name,
                group.values(
                        "tables",
                        TABLE,
                        List.of(),
                        "The tables that it may query, or all. Anything but the departments' tables that hide"
                                + " something wants `personal_data`."),
                group.value(
                        "personal_data",
                        Kinds.bool(),
                        false,
                        "Lets the group read tables with personal data as they are: raw, quarantine and staging."),
                group.value(
                        "workgroup",
                        AwsNames.WORKGROUP.allowed("`<consumption.workgroup>_<name>`"),
                        "%s_%s".formatted(consumption.workgroup(), name == null ? "<name>" : name),
                        "Its Athena workgroup. *Replaces* it."),
                ConsumptionConfig.scanLimit(
                        group,
                        consumption.scanLimitMb(),
                        "The most that one query of the group may scan, in MiB, from 10 on; 0 is no limit."),
                group.value(
                        "access",
                        Kinds.constant(Access.class, "-"),
                        Access.ROLE,
                        "Makes a role for the group, or a managed policy for a role of the company's identity"
                                + " provider."),
                group.values(
                        "assumed_by",
                        PRINCIPAL,
                        List.of(),
                        "Who may assume the role: roles, accounts, SAML providers. Without it the account's own"
                                + " identities, as far as IAM lets them."),
                group.optional(
                        "attach_to",
                        ROLE_NAME,
                        "An existing role to which the policy is attached; without it, whoever runs the identity"
                                + " provider attaches it."));
    }

    private void noteConflicts(YamlSection section) {
        if (name != null && name.matches(TAKEN)) {
            section.note("name", "\"%s\": a role or policy of the platform's has the name".formatted(name));
        }
        if (tables.isEmpty()) {
            section.note("tables", "must name at least one table, or all");
        }
        if (tables.contains(ALL) && tables.size() > 1) {
            section.note("tables", "must be all alone, or names of tables");
        }
        if (workgroup.length() > MOST_OF_A_WORKGROUP) {
            section.note(
                    "workgroup", "\"%s\": must have at most %d characters".formatted(workgroup, MOST_OF_A_WORKGROUP));
        }
        if (access == Access.POLICY && !assumedBy.isEmpty()) {
            section.note("assumed_by", "must be left out with access: policy, which makes no role");
        }
        if (access == Access.ROLE && attachTo.isPresent()) {
            section.note("attach_to", "must be left out with access: role, which has a role of its own");
        }
    }

    /** The name of its role or policy. */
    public String principal(String company) {
        return company + "_" + name;
    }
}
