"""A worker whose loop hangs while the rest of the process lives: it says so, fails its probe, ends itself, and what was
under way is done by the next one.

The loop's thread alone is stopped with ptrace, which an ancestor may do; SIGSTOP would stop the watchdog as well.
"""

import ctypes
import json
import os
import unittest
import urllib.error
import urllib.request

from support import StageTest, wait_until

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
WALL = 0x40000000
ITEMS = 400
SETTINGS = {"HEADRACE_WORKER_LOOP_SILENCE_MAX": "2s", "HEADRACE_WORKER_LOOP_END_AFTER": "3s"}
_libc = ctypes.CDLL(None, use_errno=True)


def stop_thread(thread_id):
    """Stops one thread until its process ends; a process's first thread has the process's id."""
    for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
        if _libc.ptrace(ctypes.c_long(request), ctypes.c_int(thread_id), None, None) != 0:
            raise AssertionError(f"this test needs ptrace of its own child: {os.strerror(ctypes.get_errno())}")
    _, status = os.waitpid(thread_id, WALL)
    assert os.WIFSTOPPED(status), status


def probe(worker):
    try:
        with urllib.request.urlopen(f"http://{worker.metrics}/healthz", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def keyed(number):
    text = {"type": "graph_episode", "graph_id": f"g{number % 20}", "data_type": "text", "data": f"episode {number}"}
    return f"default/g/g{number % 20}\t{json.dumps(text)}"


class WedgedLoopTest(StageTest):
    def test_ends_the_process_and_loses_nothing(self):
        self.stage.create_topics("--topic-partitions", "2")
        worker = self.stage.worker(HEADRACE_STORE=f"{self.stage.store}?delay=50ms", HEADRACE_WORKER_LANE_CHUNK_ITEMS_MAX="1",
                                   **SETTINGS).wait_ready()
        self.stage.produce("items.batch", [keyed(n) for n in range(ITEMS)], "-K", "\t")
        wait_until(lambda: worker.finished() > 20, "work under way")
        self.assertEqual(probe(worker), 200)
        stop_thread(worker.pid)
        self.assertLess(worker.finished(), ITEMS)
        wait_until(lambda: probe(worker) == 503, "a probe that fails", 10)
        wait_until(lambda: "loop_silent" in worker.log(), "a line that says where it hangs", 10)
        self.assertTrue(worker.alive())
        self.assertEqual(worker.wait(20), 1)
        self.assertEqual(worker.log().count(" loop_silent "), 1)
        self.assertEqual(worker.log().count(" loop_wedged "), 1)
        self.stage.worker().wait_ready()
        self.stage.wait_upstream(succeeded=ITEMS)
        self.assertEqual(len(self.stage.rows()), ITEMS)


if __name__ == "__main__":
    unittest.main()
