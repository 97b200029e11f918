package com.drivendata.platform.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class GrantsTest {

    @Test
    void grantsOfAKindBecomeOneStatement() {
        String document = new Grants()
                .allow("Read", List.of("s3:GetObject"), "arn:a")
                .allow("Read", List.of("s3:GetObject"), "arn:b", "arn:a")
                .allowWhere("List", List.of("s3:ListBucket"), "arn:bucket", "s3:prefix", List.of("a/*"))
                .allowWhere("List", List.of("s3:ListBucket"), "arn:bucket", "s3:prefix", List.of("b/*"))
                .document();

        assertThat(document)
                .isEqualTo("{\"Version\":\"2012-10-17\",\"Statement\":["
                        + "{\"Sid\":\"Read\",\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"],"
                        + "\"Resource\":[\"arn:a\",\"arn:b\"]},"
                        + "{\"Sid\":\"List\",\"Effect\":\"Allow\",\"Action\":[\"s3:ListBucket\"],"
                        + "\"Resource\":[\"arn:bucket\"],"
                        + "\"Condition\":{\"StringLike\":{\"s3:prefix\":[\"a/*\",\"b/*\"]}}}]}");
    }

    @Test
    void aSidStandsForTheSameActionsEverywhere() {
        Grants grants = new Grants().allow("Read", List.of("s3:GetObject"), "arn:a");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> grants.allow("Read", List.of("s3:PutObject"), "arn:a"))
                .withMessage("Read: granted with other actions before; give it another Sid");
    }
}
