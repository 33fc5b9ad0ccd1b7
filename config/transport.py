"""Celery's Redis transport with one repair: a worker whose hands were full when the broker died goes on."""

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """The count of messages that a worker holds; at its limit it asks the broker for nothing.

    kombu 5.7 counts a message off only after the broker has taken its acknowledgement. When the broker dies
    while as many files are in work as the worker may hold, each of them stays counted for ever, and since a
    worker at its limit has no request open that could fail, it never finds out: it lives, is connected to
    nothing, and says nothing. What it held is the broker's to deliver again, if it remembers it.
    """

    channel: Any  # its type is known, what the Redis transport adds to it is not

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge, and count off whether the broker heard it or not; raises what losing it raises."""
        try:
            super().ack(delivery_tag)
        except self.channel.connection_errors:
            self._count_off(delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002  # kombu's own
        """Give back or refuse, and count off in the same way."""
        try:
            super().reject(delivery_tag, requeue=requeue)
        except self.channel.connection_errors:
            self._count_off(delivery_tag)
            raise

    def _count_off(self, delivery_tag: str) -> None:
        virtual.QoS.ack(self, delivery_tag)


class Channel(redis.Channel):
    """kombu's channel with our count."""

    QoS: Any = QoS


class Transport(redis.Transport):
    """kombu's transport with our channel."""

    Channel: Any = Channel
