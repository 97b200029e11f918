package com.drivendata.platform.stack;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.constructs.Construct;

/** Data flows one way, and so do the dependencies of the packages. */
class PackageRulesTest {

    private static final String ROOT = "com.drivendata.platform";

    private static JavaClasses classes;

    @BeforeAll
    static void readClasses() {
        classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(ROOT);
    }

    @Test
    void constructsKnowOnlyWhatComesBeforeThem() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("stack")
                .definedBy(ROOT + ".stack..")
                .layer("storage")
                .definedBy(ROOT + ".storage..")
                .layer("network")
                .definedBy(ROOT + ".network..")
                .layer("identity")
                .definedBy(ROOT + ".identity..")
                .layer("catalog")
                .definedBy(ROOT + ".catalog..")
                .layer("processing")
                .definedBy(ROOT + ".processing..")
                .layer("orchestration")
                .definedBy(ROOT + ".orchestration..")
                .layer("consumption")
                .definedBy(ROOT + ".consumption..")
                .layer("monitoring")
                .definedBy(ROOT + ".monitoring..")
                .whereLayer("storage")
                .mayOnlyBeAccessedByLayers("network", "identity", "catalog", "processing", "orchestration", "stack")
                .whereLayer("network")
                .mayOnlyBeAccessedByLayers("orchestration", "stack")
                .whereLayer("identity")
                .mayOnlyBeAccessedByLayers("catalog", "processing", "orchestration", "monitoring", "stack")
                .whereLayer("catalog")
                .mayOnlyBeAccessedByLayers("stack")
                .whereLayer("processing")
                .mayOnlyBeAccessedByLayers("stack")
                .whereLayer("orchestration")
                .mayOnlyBeAccessedByLayers("stack")
                .whereLayer("consumption")
                .mayOnlyBeAccessedByLayers("stack")
                .whereLayer("monitoring")
                .mayOnlyBeAccessedByLayers("stack")
                .check(classes);
    }

    @Test
    void grantsKnowNoConstruct() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".access..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "com.hashicorp..", "software.constructs..", ROOT + ".config..", ROOT + ".pipeline..")
                .check(classes);
    }

    @Test
    void configurationKnowsNothingOfTheCloud() {
        noClasses()
                .that()
                .resideInAnyPackage(ROOT + ".config..", ROOT + ".pipeline..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.hashicorp..", "software.constructs..", "software.amazon..")
                .check(classes);
    }

    @Test
    void constructsExposeNoResourceOfTheirs() {
        fields().that()
                .areDeclaredInClassesThat()
                .areAssignableTo(Construct.class)
                .and()
                .areNotStatic()
                .should()
                .bePrivate()
                .check(classes);
    }
}
