"""The sandbox's Athena: queries of the project answered as AWS answers them, by DuckDB."""
