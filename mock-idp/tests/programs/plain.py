"""A mail client that knows passwords only, behind the proxy that speaks OAuth for it.

Arguments: `send`, `imap` or `pop`, the proxy's port, and the user's name. Prints what came, or the error as the library raises it.
"""

import imaplib
import poplib
import smtplib
import sys


def main(task, port, user):
    if task == "send":
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.login(user, "local")
            server.sendmail(user, [user], f"From: <{user}>\r\nSubject: By the proxy\r\n\r\nHello.\r\n")
        return "sent"
    if task == "imap":
        server = imaplib.IMAP4("127.0.0.1", port)
        server.login(user, "local")
        server.select()
        message = server.fetch("1", "(BODY.PEEK[])")[1][0][1]
        # No LOGOUT: the proxy may be gone before it has passed on the answer.
        server.shutdown()
        return message
    server = poplib.POP3("127.0.0.1", port)
    server.user(user)
    server.pass_("local")
    message = b"\n".join(server.retr(1)[1])
    server.quit()
    return message


try:
    print(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
except Exception as error:
    print(type(error).__name__, error)
