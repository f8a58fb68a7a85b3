"""The services that every other end-to-end test relies on are real and answer."""

import unittest

from support import StageTest, run, wait_until


class SharedServices(StageTest):
    def test_broker_lists_itself(self):
        listing = run(["kcat", "-b", self.stage.kafka, "-L", "-m", "10"]).stdout
        self.assertIn(" 1 brokers:", listing)
        self.assertIn(self.stage.kafka, listing)

    def test_broker_keeps_what_it_is_given_in_order(self):
        lines = [f"line {number}" for number in range(200)]
        self.stage.produce("echo", lines, "-k", "default/g/one", "-H", "headrace-item-key=k1")
        records = self.stage.consume("echo", "-o", "beginning")
        self.assertEqual(lines, [record["payload"] for record in records])
        self.assertEqual({"default/g/one"}, {record["key"] for record in records})
        self.assertEqual(1, len({record["partition"] for record in records}))

    def test_redis_answers_and_survives_a_crash(self):
        self.assertEqual("PONG", self.stage.redis_cli("PING"))
        self.assertEqual("yes", self.stage.redis_cli("--raw", "CONFIG", "GET", "appendonly").split("\n")[1])
        self.stage.redis_cli("HSET", "hr:{x}:batch", "succeeded", "3", "project", "default")
        self.stage.redis_cli("CONFIG", "SET", "appendfsync", "always")
        self.stage.redis_cli("HSET", "hr:{x}:batch", "failed", "1")
        self.stage.redis.kill()
        self.stage.redis.start()
        self.assertEqual({"succeeded": "3", "project": "default", "failed": "1"}, self.stage.batch_counters("x"))

    def test_waiting_in_vain_says_for_what(self):
        with self.assertRaisesRegex(AssertionError, "a miracle"):
            wait_until(lambda: False, "a miracle", seconds=0.1)


if __name__ == "__main__":
    unittest.main()
