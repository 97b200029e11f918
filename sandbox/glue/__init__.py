"""AWS Glue's run time: job runs on Spark and crawls. Definitions stay in the emulator."""
