package com.drivendata.platform.config;

/** The weekly moment (UTC) from which AWS may restart the Airflow environment for maintenance. */
final class MaintenanceWindow {

    private MaintenanceWindow() {}

    /**
     * Half hours, as MWAA asks; on a weekend day after 08:00, when the daily run of 07:00 is over and nobody waits for
     * the environment.
     */
    static String parse(String text) {
        if (!text.matches("(MON|TUE|WED|THU|FRI|SAT|SUN):([01][0-9]|2[0-3]):(00|30)")) {
            throw new IllegalArgumentException("must be DAY:HH:MM in UTC, on a full or half hour, such as SAT:09:00");
        }
        String time = text.substring(4);
        if (!text.matches("(SAT|SUN):.*") || time.compareTo("08:00") <= 0) {
            throw new IllegalArgumentException(
                    "must be on SAT or SUN after 08:00 UTC, so that it meets neither the daily run nor its readers");
        }
        return text;
    }
}
