"""The journeys of a newcomer, a support agent and a lead, in a real browser (headless Chromium).

    cargo build && python3 tests/browser.py target/debug/sms-opt-in

Needs Debian's chromium and chromium-driver, and PyPI's selenium. Screenshots go to artifacts/, which git ignores.
"""

import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

from support import AT_ANY_HOUR

ARTIFACTS = pathlib.Path("artifacts")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    def __init__(self, base, width=1440, dark=False, javascript=True):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in FLAGS + [f"--user-data-dir={tempfile.mkdtemp()}"]:
            options.add_argument(flag)
        if not javascript:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        self.base, self.width, self.driver = base, width, webdriver.Chrome(options, Service("/usr/bin/chromedriver"))
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
        scheme = "dark" if dark else "light"
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, path):
        self.driver.get(path if path.startswith("http") else self.base + path)
        return self

    def type(self, name, text):
        field = self.driver.find_element(By.CSS_SELECTOR, f"main [name='{name}']:not([type=hidden])")
        field.clear()
        field.send_keys(text)
        return self

    def press(self, words):
        path = f"//main//button[normalize-space()={words!r}] | //main//a[normalize-space()={words!r}]"
        element = self.driver.find_element(By.XPATH, path)
        self.driver.execute_script("arguments[0].scrollIntoView({block:'center'})", element)
        element.click()
        return self

    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    def sees(self, *phrases):
        """Waits up to five seconds until all phrases are on the page."""
        until, missing, text = time.monotonic() + 5, list(phrases), ""
        while missing and time.monotonic() < until:
            try:
                text = self.text()
                missing = [phrase for phrase in phrases if phrase.lower() not in text.lower()]
            except WebDriverException:  # between two pages; the driver has several names for it
                continue
            time.sleep(0.05 if missing else 0)
        if missing:
            self.shot("failure")
            sys.exit(f"expected {missing} at {self.driver.current_url}, saw:\n{text}")
        return self

    def shot(self, name):
        height = self.driver.execute_script("return document.documentElement.scrollHeight")
        width = self.width  # not window.innerWidth: on a phone it grows with a page that is too wide
        shown = self.driver.execute_script("return document.documentElement.scrollWidth")
        if name != "failure" and shown > width:
            sys.exit(f"{name}: the page is {shown} px wide on a screen of {width} px")
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": min(height, 3000), "deviceScaleFactor": 1, "mobile": width < 500})
        self.driver.save_screenshot(str(ARTIFACTS / f"{name}.png"))
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
        return self

    def sign_in(self):
        return self.open("/sign-in").type("email", "ada@example.com").type("password", "correct horse battery").press("Sign in").sees("Dashboard")


def newcomer(browser, link):
    """Item 2: from the setup link to a blocked message and the reason, in the browser alone."""
    browser.open(link).shot("setup")
    browser.type("name", "Ada Administrator").type("email", "ada@example.com").type("password", "correct horse battery")
    browser.driver.find_element(By.CSS_SELECTOR, "main form button").click()
    browser.sees("Dashboard").shot("dashboard")
    browser.open("/contacts").sees("contacts").shot("contacts-empty")
    browser.open("/simulator")
    send(browser, "Your quote is ready.")
    browser.sees("held", "Reply START").shot("simulator-invited")
    browser.press("START")
    time.sleep(1)
    browser.open("/simulator").sees("You are signed up", "Your quote is ready.").shot("simulator-opted-in")
    browser.press("STOP")
    time.sleep(1)
    browser.open("/simulator").sees("You are opted out").shot("simulator-opted-out")
    send(browser, "One more thing")
    browser.sees("opted out")


def live(browser):
    """Item 12: a text arrives on the page by itself; what somebody is typing, its caret and an opened detail stay."""
    number = "+12065550142"
    browser.open("/simulator").sees("Simulated phones")
    field = browser.driver.find_element(By.ID, f"body-{number[1:]}")
    field.send_keys("half a sen")
    texts_in(browser, number, "It appears by itself")
    browser.sees("It appears by itself")
    if browser.driver.switch_to.active_element.get_attribute("id") != f"body-{number[1:]}":
        sys.exit("the field lost the focus while the page refreshed itself")
    browser.driver.switch_to.active_element.send_keys("tence")
    kept = browser.driver.find_element(By.ID, f"body-{number[1:]}").get_attribute("value")
    if kept != "half a sentence":
        sys.exit(f"what was typed is now {kept!r}")
    browser.shot("simulator-live")
    texts_in(browser, "+12065550143", "START")
    texts_in(browser, "+12065550143", "Please call me on Monday about the papers")
    browser.open("/").sees("Replies to read", "about the papers").shot("dashboard-today").open("/contacts?q=0142")
    browser.driver.find_element(By.LINK_TEXT, "Cy Castro").click()
    browser.driver.find_element(By.CSS_SELECTOR, "#checks summary").click()
    browser.type("body", "typing on")
    texts_in(browser, number, "This one too")
    browser.sees("This one too", "Quiet hours are turned off for this program")
    if browser.driver.find_element(By.NAME, "body").get_attribute("value") != "typing on":
        sys.exit("the message that was being written is lost")
    browser.shot("contact-live")
    refused = [entry["message"] for entry in browser.driver.get_log("browser") if "Content Security" in entry["message"]]
    if refused:
        sys.exit(f"the page broke its own content security policy: {refused}")
    browser.open("/messages").driver.find_element(By.TAG_NAME, "body").send_keys("?")
    browser.sees("This help").shot("keys")


def texts_in(browser, number, words):
    """The lead texts while the page stays open: the machine path."""
    data = urllib.parse.urlencode({"body": words}).encode()
    urllib.request.urlopen(f"{browser.base}/simulator/handsets/{number}/texts", data).read()


def send(browser, words):
    form = "form[action='/simulator/messages']"
    for name, text in (("phone", "(206) 555-0142"), ("body", words)):
        field = browser.driver.find_element(By.CSS_SELECTOR, f"{form} [name='{name}']")
        field.clear()
        field.send_keys(text)
    browser.driver.find_element(By.CSS_SELECTOR, f"{form} button").click()
    time.sleep(1)
    browser.open("/simulator")


def support(browser):
    """Item 3: a contact is made, found by the last four digits, and its page says why it cannot be texted."""
    browser.open("/contacts/new").shot("contact-new")
    browser.type("phone", "12").press("Add contact").sees("Error").shot("contact-new-errors")
    browser.type("phone", "206 555 0142").type("name", "Cy Castro").press("Add contact")
    browser.sees("Can we text this number now?", "No. Opted out", "by STOP", "Opted in", "Your quote is ready.")
    browser.shot("contact")
    browser.open("/contacts?q=0142").sees("Cy Castro").shot("contacts-search")
    browser.open("/contacts?state=opted_out").sees("Cy Castro")
    browser.open("/contacts?state=nonsense").sees("nonsense")
    browser.open("/contacts?q=" + 300 * "long").shot("contacts-long-search")
    browser.open("/messages").sees("Blocked", "Delivered").shot("messages")
    browser.open("/troubleshoot?number=(206)+555-0142").sees("opted out").shot("troubleshoot")


def pages(browser):
    for path, name in (("/forms/opt-in", "form-admin"), ("/programs/default", "program"), ("/users", "users"),
                       ("/rules", "rules"), ("/rules/rows/new?kind=hours", "rules-edit"), ("/rules/history", "rules-history"),
                       ("/log", "log"), ("/api-keys", "api-keys"), ("/nothing-here", "not-found")):
        browser.open(path).shot(name)


def lead(browser, name):
    """Item 5: the hosted form on a small phone, without JavaScript: unticked, refused without the tick, then thanks."""
    browser.open("/f/opt-in")
    if browser.driver.find_element(By.NAME, "consent").is_selected():
        sys.exit("the consent box is ticked before the lead touched it")
    browser.shot(f"{name}-form")
    time.sleep(2.2)
    browser.type("phone", "(206) 555-0177").press("Sign up for texts").sees("Error").shot(f"{name}-form-error")
    time.sleep(2.2)
    browser.driver.find_element(By.NAME, "consent").click()
    browser.press("Sign up for texts").sees("START").shot(f"{name}-form-done")


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else "target/debug/sms-opt-in"
    ARTIFACTS.mkdir(exist_ok=True)
    folder, port = tempfile.mkdtemp(), free_port()
    base = f"http://127.0.0.1:{port}"
    environment = os.environ | {"DATABASE_URL": f"sqlite://{folder}/browser.db", "BIND": f"127.0.0.1:{port}"}
    server = subprocess.Popen([binary, "serve"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        link = None
        while link is None:
            line = server.stdout.readline()
            if not line:
                sys.exit("the server ended before it printed the setup link")
            found = re.search(r"http\S+/setup\?token=\S+", line)
            link = found and found.group(0)
        # The journeys are walked at whatever hour it is.
        subprocess.run([binary, *AT_ANY_HOUR], env=environment, check=True, stdout=subprocess.DEVNULL)
        admin = Browser(base)
        newcomer(admin, link)
        support(admin)
        live(admin)
        pages(admin)
        contact = admin.open("/contacts?q=0142").driver.find_element(By.LINK_TEXT, "Cy Castro").get_attribute("href")
        lead(Browser(base, 320, javascript=False), "phone")
        dark = Browser(base, 1440, dark=True).sign_in()
        dark.open(contact).shot("contact-dark")
        small = Browser(base, 320).sign_in()
        for path, name in ((contact, "contact"), ("/contacts", "contacts"), ("/simulator", "simulator"),
                           ("/rules", "rules"), ("/rules/rows/new?kind=hours", "rules-edit"), (f"{contact}/consents/new", "manual-update")):
            small.open(path).shot(f"{name}-320")
    finally:
        server.terminate()
        server.wait()
    print(f"The journeys went as told; {len(list(ARTIFACTS.glob('*.png')))} screenshots are in {ARTIFACTS}/.")


main()
