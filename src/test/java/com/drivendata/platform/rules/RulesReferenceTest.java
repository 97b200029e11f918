package com.drivendata.platform.rules;

import com.drivendata.platform.config.ReferenceTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of docs/rules.md is made from the rules; {@code make reference} renews it. */
class RulesReferenceTest {

    private static final Path DOCS = Path.of("docs/rules.md");
    private static final String START = "<!-- rules -->\n";
    private static final String END = "<!-- end of rules -->";

    @Test
    void docsAreCurrent() throws IOException {
        String docs = Files.readString(DOCS);
        String rows = RulePack.RULES.stream()
                .map(rule -> "| `%s` | %s | %s | %s | [page](%s) |\n"
                        .formatted(rule.id(), rule.text(), rule.why(), rule.fix(), rule.source()))
                .collect(Collectors.joining());
        String table = "\n| Name | Rule | Why | Fix | Source |\n|---|---|---|---|---|\n" + rows + "\n";
        ReferenceTest.assertCurrent(
                DOCS,
                docs.substring(0, docs.indexOf(START) + START.length()) + table + docs.substring(docs.indexOf(END)));
    }
}
