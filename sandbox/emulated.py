"""MiniStack, with the sandbox's Glue as one of its services: its events may come from ``aws.glue``.

EventBridge takes such events from AWS's own services alone, and so does MiniStack, from its own.
"""

from typing import Any

# Marks the events of the sandbox's own services.
OWN = "sandbox"


def main() -> None:
    from ministack import app
    from ministack.services import eventbridge

    put_events = eventbridge._put_events

    def of_services_too(data: dict[str, Any], allow_aws_source: bool = False) -> Any:
        own = any(entry.get("TraceHeader") == OWN for entry in data.get("Entries", []))
        return put_events(data, allow_aws_source=allow_aws_source or own)

    eventbridge._put_events = of_services_too
    app.main()


if __name__ == "__main__":
    main()
