"""What containers set by environment variables: it wins over the file, and errors name the variable."""

import unittest

from harness import EndToEnd, Server


class Environment(EndToEnd):
    def start(self, arguments=(), **env):
        return self.run_program("carillond", *arguments, env=env)

    def test_variables_win_over_the_file(self):
        path = self.write_config()
        data = self.folder / "from-variable"
        server = self.started(Server(self.folder, path, {
            "CARILLON_PUBLISH_ADDRESS": "127.0.0.2:0", "CARILLON_ADMIN_ADDRESS": "127.0.0.3:0",
            "CARILLON_DATA_DIR": str(data), "CARILLON_LOG_LEVEL": "info"})).wait_ready()
        self.assertTrue(server.publish_address.startswith("127.0.0.2:"))
        self.assertTrue(server.admin_address.startswith("127.0.0.3:"))
        self.assertTrue((data / "carillon.db").exists())
        told = server.log("a variable of the environment stands against the configuration file")
        self.assertEqual({line["variable"]: line["member"] for line in told},
                         {"CARILLON_PUBLISH_ADDRESS": "server.publish_address",
                          "CARILLON_ADMIN_ADDRESS": "server.admin_address",
                          "CARILLON_DATA_DIR": "journal.data_dir"})
        self.assertEqual(server.stop(), 0)

    def test_the_file_itself_is_named_by_a_variable(self):
        """The flag wins; neither is an error that names both."""
        path = self.write_config()
        missing = self.folder / "missing.yaml"
        done = self.start(CARILLON_CONFIG=str(missing))
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"CARILLON_CONFIG: {missing}: cannot be opened", done.stderr)
        done = self.start(CARILLON_CONFIG="")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--config FILE is needed, or the variable CARILLON_CONFIG", done.stderr)
        server = self.started(Server(self.folder, path, {"CARILLON_CONFIG": str(missing)}))
        server.wait_ready()
        self.assertEqual(server.stop(), 0)
        # Checking a file is something else than running one.
        done = self.start(["--check-config", path], CARILLON_CONFIG=str(missing))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_errors_name_the_variable(self):
        path = self.write_config()
        for arguments in (["--config", path], ["--check-config", path]):
            done = self.start(arguments, CARILLON_PUBLISH_ADDRESS="7080", CARILLON_LOG_LEVEL="loud")
            self.assertEqual(done.returncode, 2)
            for member, variable in (("server.publish_address", "CARILLON_PUBLISH_ADDRESS"),
                                     ("server.log_level", "CARILLON_LOG_LEVEL")):
                self.assertIn(f"{member} (from the variable {variable}): must be", done.stderr)
        done = self.carillon("config", "check", path, env={"CARILLON_ADMIN_ADDRESS": "x:1"})
        self.assertEqual(done.returncode, 2)
        self.assertIn("CARILLON_ADMIN_ADDRESS", done.stderr)


if __name__ == "__main__":
    unittest.main()
