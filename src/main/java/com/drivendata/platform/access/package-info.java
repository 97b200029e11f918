/**
 * What somebody may do, gathered where each permission has its reason. Knows no construct; constructs grant into it.
 */
package com.drivendata.platform.access;
