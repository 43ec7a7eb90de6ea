# Two browsers without a window, behind one interface: what a test needs of a page. Chromium is
# driven by Selenium, as its chromedriver wants; Firefox by its own protocol, Marionette, which needs
# nothing beside it. Where one is missing, its tests are skipped, and the reason is said.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

LIMIT = 20  # seconds, for what takes less than one
START = 60  # to be there, on a busy machine
CHROMIUM_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-dev-shm-usage"
)
FIREFOX_SETTINGS = """\
user_pref("marionette.port", 0);
user_pref("app.update.auto", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
"""
# The page's part of the window, whatever the least width of a window is.
FIREFOX_WIDTH = """\
const page = gBrowser.selectedBrowser;
page.parentNode.style.flex = page.style.flex = "none";
page.style.minWidth = "0";
page.style.width = "{width}px";
page.style.height = "900px";
Services.prefs.setIntPref("layout.css.prefers-color-scheme.content-override", {scheme});
"""


def wait_until(condition, seconds: float = LIMIT):
    """What it gives as soon as that is true."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > end:
            return found
        time.sleep(0.05)


class Driven:
    """A test class with a browser of its own; its `kind` is one of the classes below."""

    @classmethod
    def setUpClass(cls):
        cls.profile = tempfile.mkdtemp(prefix="workbook-test-")
        cls.addClassCleanup(shutil.rmtree, cls.profile, ignore_errors=True)  # it may still write there
        cls.browser = cls.kind(cls.profile)
        cls.addClassCleanup(cls.browser.quit)

    def run_script(self, script):
        return self.browser.run(f"return {script}")


class Chromium:
    def __init__(self, profile: str) -> None:
        try:
            from selenium import webdriver
        except ImportError:
            lack = "Selenium is missing: apt-get install python3-selenium"
            raise unittest.SkipTest(lack) from None
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if not chromium or not driver:
            lack = "Chromium is missing: apt-get install chromium chromium-driver"
            raise unittest.SkipTest(lack)
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for flag in (*CHROMIUM_FLAGS.split(), f"--user-data-dir={profile}"):
            options.add_argument(flag)
        service = webdriver.chrome.service.Service(driver)
        self.driver = webdriver.Chrome(service=service, options=options)
        self.driver.set_script_timeout(LIMIT)

    def quit(self) -> None:
        self.driver.quit()

    def open(self, address: str) -> None:
        self.driver.get(address)

    def run(self, script: str):
        return self.driver.execute_script(script)

    def run_until_done(self, script: str):
        """`script` calls arguments[0] with what it gives."""
        return self.driver.execute_async_script(script)

    def press(self, keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(keys).perform()

    def show(self, width: int, scheme: str) -> None:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        wanted = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})


class Firefox:
    def __init__(self, profile: str) -> None:
        program = shutil.which("firefox-esr") or shutil.which("firefox")
        if not program:
            raise unittest.SkipTest("Firefox is missing: apt-get install firefox-esr")
        Path(profile, "user.js").write_text(FIREFOX_SETTINGS, encoding="utf-8")
        flags = ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote"]
        self.process = subprocess.Popen(
            [program, *flags, "--profile", profile, "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.connect(Path(profile, "MarionetteActivePort"))
        except BaseException:
            self.end()
            raise

    def connect(self, port_file: Path) -> None:
        wait_until(lambda: self.process.poll() is not None or port_of(port_file), START)
        if not port_of(port_file):
            raise RuntimeError(f"Firefox did not begin to listen (status {self.process.poll()})")
        self.socket = socket.create_connection(("127.0.0.1", int(port_of(port_file))), START)
        self.incoming = self.socket.makefile("rb")
        self.count = 0
        self.receive()  # its greeting
        self.command("WebDriver:NewSession")
        self.command("WebDriver:SetTimeouts", script=1000 * LIMIT, pageLoad=1000 * START)
        self.command("WebDriver:SetWindowRect", width=1500, height=1100)

    def receive(self):
        """One message: its length, a colon, JSON."""
        size = b""
        while not size.endswith(b":"):
            byte = self.incoming.read(1)
            if not byte:
                raise RuntimeError("Firefox has ended")
            size += byte
        return json.loads(self.incoming.read(int(size[:-1])))

    def command(self, name: str, **parameters):
        self.count += 1
        message = json.dumps([0, self.count, name, parameters]).encode()
        self.socket.sendall(f"{len(message)}:".encode() + message)
        _, _, error, result = self.receive()
        if error:
            raise RuntimeError(f"{name}: {error['error']}: {error['message']}")
        return result

    def quit(self) -> None:
        try:
            self.command("Marionette:Quit", flags=["eForceQuit"])
        finally:
            self.incoming.close()
            self.socket.close()
            self.end()

    def end(self) -> None:
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def open(self, address: str) -> None:
        self.command("WebDriver:Navigate", url=address)

    def run(self, script: str):
        return self.command("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def run_until_done(self, script: str):
        return self.command("WebDriver:ExecuteAsyncScript", script=script, args=[])["value"]

    def press(self, keys: str) -> None:
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": strokes}
        self.command("WebDriver:PerformActions", actions=[source])

    def show(self, width: int, scheme: str) -> None:
        self.command("Marionette:SetContext", value="chrome")
        try:
            self.run(FIREFOX_WIDTH.format(width=width, scheme=0 if scheme == "dark" else 1))
        finally:
            self.command("Marionette:SetContext", value="content")
        wanted = f"matchMedia('(prefers-color-scheme: {scheme})').matches"
        wait_until(lambda: self.run(f"return innerWidth === {width} && {wanted}"))


def port_of(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""
