"""What kcat cannot do: send a group back, read end offsets, and give a record a time stamp of its own.

Calls the same librdkafka that the product is linked with, so no further package is needed.
"""

import contextlib
import ctypes

_lib = ctypes.CDLL("librdkafka.so.1")
_POINTER, _TEXT, _SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
_PRODUCER, _CONSUMER = 0, 1
_UNASSIGNED = -1
_END, _TOPIC, _PARTITION, _VALUE, _KEY, _MSGFLAGS, _TIMESTAMP = 0, 1, 3, 4, 5, 7, 8
_COPY = 2
_PATIENCE_MS = 20_000


class _TopicMetadata(ctypes.Structure):
    _fields_ = [("topic", _TEXT), ("partition_count", ctypes.c_int), ("partitions", _POINTER), ("error", ctypes.c_int)]


class _Metadata(ctypes.Structure):
    _fields_ = [("broker_count", ctypes.c_int), ("brokers", _POINTER), ("topic_count", ctypes.c_int),
                ("topics", ctypes.POINTER(_TopicMetadata))]


class _Place(ctypes.Structure):
    _fields_ = [("topic", _TEXT), ("partition", ctypes.c_int32), ("offset", ctypes.c_int64), ("metadata", _POINTER),
                ("metadata_size", _SIZE), ("opaque", _POINTER), ("error", ctypes.c_int), ("private", _POINTER)]


class _Places(ctypes.Structure):
    _fields_ = [("count", ctypes.c_int), ("size", ctypes.c_int), ("places", ctypes.POINTER(_Place))]


def _function(name, result, *arguments):
    function = getattr(_lib, "rd_kafka_" + name)
    function.restype, function.argtypes = result, arguments or None
    return function


_err2str = _function("err2str", _TEXT, ctypes.c_int)
_conf_new = _function("conf_new", _POINTER)
_conf_set = _function("conf_set", ctypes.c_int, _POINTER, _TEXT, _TEXT, _TEXT, _SIZE)
_new = _function("new", _POINTER, ctypes.c_int, _POINTER, _TEXT, _SIZE)
_destroy = _function("destroy", None, _POINTER)
_producev = _function("producev", ctypes.c_int)
_flush = _function("flush", ctypes.c_int, _POINTER, ctypes.c_int)
_topic_new = _function("topic_new", _POINTER, _POINTER, _TEXT, _POINTER)
_topic_destroy = _function("topic_destroy", None, _POINTER)
_metadata = _function("metadata", ctypes.c_int, _POINTER, ctypes.c_int, _POINTER,
                      ctypes.POINTER(ctypes.POINTER(_Metadata)), ctypes.c_int)
_metadata_destroy = _function("metadata_destroy", None, ctypes.POINTER(_Metadata))
_watermarks = _function("query_watermark_offsets", ctypes.c_int, _POINTER, _TEXT, ctypes.c_int32,
                        ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_int64), ctypes.c_int)
_committed = _function("committed", ctypes.c_int, _POINTER, ctypes.POINTER(_Places), ctypes.c_int)
_places_new = _function("topic_partition_list_new", ctypes.POINTER(_Places), ctypes.c_int)
_places_add = _function("topic_partition_list_add", ctypes.POINTER(_Place), ctypes.POINTER(_Places), _TEXT, ctypes.c_int32)
_places_destroy = _function("topic_partition_list_destroy", None, ctypes.POINTER(_Places))
_alter_new = _function("AlterConsumerGroupOffsets_new", _POINTER, _TEXT, ctypes.POINTER(_Places))
_alter_destroy = _function("AlterConsumerGroupOffsets_destroy", None, _POINTER)
_alter = _function("AlterConsumerGroupOffsets", None, _POINTER, ctypes.POINTER(_POINTER), _SIZE, _POINTER, _POINTER)
_queue_new = _function("queue_new", _POINTER, _POINTER)
_queue_destroy = _function("queue_destroy", None, _POINTER)
_queue_poll = _function("queue_poll", _POINTER, _POINTER, ctypes.c_int)
_event_error = _function("event_error", ctypes.c_int, _POINTER)
_event_destroy = _function("event_destroy", None, _POINTER)
_altered = _function("event_AlterConsumerGroupOffsets_result", _POINTER, _POINTER)
_altered_groups = _function("AlterConsumerGroupOffsets_result_groups", ctypes.POINTER(_POINTER), _POINTER, ctypes.POINTER(_SIZE))
_group_error = _function("group_result_error", _POINTER, _POINTER)
_group_places = _function("group_result_partitions", ctypes.POINTER(_Places), _POINTER)
_error_string = _function("error_string", _TEXT, _POINTER)


def _check(code, what):
    if code != 0:
        raise AssertionError(f"{what}: {_err2str(code).decode()}")


@contextlib.contextmanager
def _client(brokers, group=None):
    """A producer, or a consumer that never joins its group."""
    why = ctypes.create_string_buffer(512)
    conf = _conf_new()
    for name, value in (("bootstrap.servers", brokers), ("group.id", group)):
        if value and _conf_set(conf, name.encode(), value.encode(), why, len(why)) != 0:
            raise AssertionError(why.value.decode())
    client = _new(_CONSUMER if group else _PRODUCER, conf, why, len(why))
    if not client:
        raise AssertionError(why.value.decode())
    try:
        yield client
    finally:
        _destroy(client)


def _partition_count(client, topic):
    handle = _topic_new(client, topic.encode(), None)
    found = ctypes.POINTER(_Metadata)()
    try:
        _check(_metadata(client, 0, handle, ctypes.byref(found), _PATIENCE_MS), f"metadata of {topic}")
        described = found.contents.topics[0]
        _check(described.error, f"metadata of {topic}")
        return described.partition_count
    finally:
        if found:
            _metadata_destroy(found)
        _topic_destroy(handle)


def end_offsets(brokers, topic):
    """One past the last record of each partition."""
    ends = []
    with _client(brokers) as client:
        for partition in range(_partition_count(client, topic)):
            low, high = ctypes.c_int64(), ctypes.c_int64()
            _check(_watermarks(client, topic.encode(), partition, ctypes.byref(low), ctypes.byref(high), _PATIENCE_MS),
                   f"end of {topic}/{partition}")
            ends.append(high.value)
    return ends


def lag(brokers, group, topic):
    """Records that the group has not committed yet."""
    ends = end_offsets(brokers, topic)
    with _client(brokers, group) as client:
        places = _places_new(len(ends))
        try:
            for partition in range(len(ends)):
                _places_add(places, topic.encode(), partition)
            _check(_committed(client, places, _PATIENCE_MS), f"commits of {group}")
            found = [places.contents.places[partition].offset for partition in range(len(ends))]
        finally:
            _places_destroy(places)
    return sum(end - max(offset, 0) for end, offset in zip(ends, found))


def produce(brokers, topic, key, value, timestamp_ms):
    """One record with the producer's own time stamp."""
    with _client(brokers) as client:
        number = ctypes.c_int
        _check(_producev(
            _POINTER(client), number(_TOPIC), _TEXT(topic.encode()), number(_PARTITION), ctypes.c_int32(_UNASSIGNED),
            number(_KEY), _TEXT(key), _SIZE(len(key)), number(_VALUE), _TEXT(value), _SIZE(len(value)),
            number(_TIMESTAMP), ctypes.c_int64(timestamp_ms), number(_MSGFLAGS), number(_COPY), number(_END)), "produce")
        _check(_flush(client, _PATIENCE_MS), "flush")


def rewind_group(brokers, group, topic):
    """Sets a group without members back to offset 0 in every partition of a topic."""
    with _client(brokers) as client:
        count = _partition_count(client, topic)
        places = _places_new(count)
        for partition in range(count):
            _places_add(places, topic.encode(), partition).contents.offset = 0
        request = (_POINTER * 1)(_alter_new(group.encode(), places))
        _places_destroy(places)
        queue = _queue_new(client)
        _alter(client, request, 1, None, queue)
        _alter_destroy(request[0])
        event = _queue_poll(queue, _PATIENCE_MS)
        try:
            if not event:
                raise AssertionError(f"no answer to the rewind of {group}")
            _check(_event_error(event), f"rewind of {group}")
            _check_altered(event, group)
        finally:
            if event:
                _event_destroy(event)
            _queue_destroy(queue)


def _check_altered(event, group):
    groups = _altered_groups(_altered(event), ctypes.byref(_SIZE()))
    error = _group_error(groups[0])
    if error:
        raise AssertionError(f"rewind of {group}: {_error_string(error).decode()}")
    places = _group_places(groups[0]).contents
    for index in range(places.count):
        _check(places.places[index].error, f"rewind of {group}, partition {places.places[index].partition}")
