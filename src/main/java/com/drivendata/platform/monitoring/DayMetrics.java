package com.drivendata.platform.monitoring;

/** The metrics that {@code airflow/dags/telling.py} publishes of a reconciled run. A test holds both together. */
final class DayMetrics {

    /** 1 from a run whose day is complete, 0 from the clock when it is due. */
    static final String COMPLETE = "DayComplete";
    /** As a number, such as 20240915. */
    static final String LAST_COMPLETE_DAY = "LastCompleteDay";

    static final String RAW_ROWS = "RawRows";
    static final String CLEAN_ROWS = "CleanRows";
    static final String QUARANTINED_ROWS = "QuarantinedRows";
    /** The dimension of the same metric by reason. */
    static final String REASON = "Reason";
    /** In percent. */
    static final String QUARANTINED_SHARE = "QuarantinedShare";

    static final String RAW_BYTES = "RawBytes";
    static final String RUN_SECONDS = "RunSeconds";

    private DayMetrics() {}
}
