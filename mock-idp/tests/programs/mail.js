// What an application does with imapflow and nodemailer: sends, reads, waits; and prints what they say when the server refuses.
// Arguments: what to do, the ports of IMAP and submission, who the mailbox is of, and the access tokens for both.
"use strict";

const { ImapFlow } = require("imapflow");
const nodemailer = require("nodemailer");

const [task, imapPort, smtpPort, user, forImap, forSmtp] = process.argv.slice(2);

async function send(accessToken, from = user) {
  const transport = nodemailer.createTransport({
    host: "localhost",
    port: Number(smtpPort),
    requireTLS: true,
    auth: { type: "OAuth2", user, accessToken },
  });
  await transport.sendMail({ from, to: user, subject: "By Node", text: "Hello." });
  return "sent";
}

function mailbox(accessToken, name = user) {
  const auth = { user: name, accessToken };
  const client = new ImapFlow({ host: "localhost", port: Number(imapPort), secure: true, logger: false, auth });
  client.on("error", (error) => console.log(`error event: ${error.message}`));
  return client;
}

async function read(accessToken, name) {
  const client = mailbox(accessToken, name);
  try {
    await client.connect();
    const lock = await client.getMailboxLock("INBOX");
    const subjects = [];
    for await (const message of client.fetch("1:*", { envelope: true, source: true })) {
      subjects.push(message.envelope.subject);
    }
    lock.release();
    await client.logout();
    return `read ${subjects.join(", ")}`;
  } finally {
    client.close();
  }
}

// As the libraries' own examples print an error.
async function tries(what) {
  try {
    console.log(await what());
  } catch (error) {
    const { code, responseCode, response, responseText, authenticationFailed, message } = error;
    console.log(JSON.stringify({ code, responseCode, response, responseText, authenticationFailed, message }));
  }
}

async function watch() {
  const client = mailbox(forImap);
  client.on("exists", (event) => console.log(`exists ${event.count}`));
  client.on("close", () => console.log("closed"));
  await client.connect();
  await client.getMailboxLock("INBOX");
  console.log("watching");
  await client.idle();
}

async function main() {
  if (task === "watch") return watch();
  await tries(() => send(forSmtp));
  await tries(() => read(forImap));
  await tries(() => send(forImap));
  await tries(() => send(forSmtp, "other@acme.example"));
  await tries(() => read(forSmtp));
  await tries(() => read(forImap, "billing@acme.example"));
}

main();
