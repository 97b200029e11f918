/**
 * Typed reading of YAML that notes every problem with its line instead of stopping at the first. Works on SnakeYAML's
 * node tree: that keeps line numbers and duplicate keys, and starts faster than data binding.
 */
package com.drivendata.platform.config.yaml;
