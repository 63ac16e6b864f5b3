"""Questions put to manual pages, as people have them: no word of the answer need be in them.

The pages are taken from Debian's packages and sent as files, so that reading and dividing count. A
passage is right when it names one of the words behind the question.
"""

import pathlib

from rag_data import fetch

PACKAGES = ["cron", "curl", "findutils", "openssh-client", "rsync", "wget"]
PAGES = ["rsync.1", "curl.1", "ssh.1", "ssh_config.5", "crontab.5", "wget.1", "find.1"]
QUESTIONS = """\
How can I keep a copy from using up the whole network connection? :: --bwlimit
How do I see what a transfer would do without doing it? :: --dry-run|trial run
Can files that vanished at the source be removed from the copy too? :: --delete|extraneous files
How do I leave some files out of the copy? :: --exclude|exclude
How do I continue a large file that was only partly copied? :: --partial|partial
How do I keep the permissions and times of the files when copying? :: archive mode|--archive
How can the data be compressed while it is sent? :: compress
How do I make rsync compare contents and not only size and time? :: checksum
How do I use another port for the remote shell? :: --rsh|-e ssh|port
Where are the files kept that would have been overwritten? :: backup
How do I make curl follow redirects? :: --location|-L
How do I send a JSON document in a request? :: --json|application/json
How do I ignore an invalid certificate of a server? :: insecure
How do I set a header of my own in a request? :: --header|extra header
How long does curl wait for a connection to be made? :: connect-timeout
How do I resume a broken download at a given offset? :: continue-at
How do I give a user name and password to a server? :: --user
How do I send requests through a proxy? :: --proxy
How do I upload a file as if it was sent by a web form? :: --form
How do I save what is downloaded under the name that it has on the server? :: remote-name
How do I save cookies to a file after the transfer? :: cookie-jar
How do I forward a local port to a machine behind the server? :: -L|LocalForward
How do I keep an idle connection alive? :: ServerAliveInterval
How do I jump through an intermediate host? :: ProxyJump|-J
Which private key file is used for logging in? :: IdentityFile|-i identity_file
How can several sessions share one connection? :: ControlMaster|ControlPath
What happens when the key of a host has changed? :: changed|StrictHostKeyChecking
How do I let graphical programs show their windows on my screen? :: X11
How do I run ssh in the background? :: background
How do I turn off password logins on the client's side? :: PasswordAuthentication
How do I run a job every Monday? :: day of week
How do I run something when the machine starts? :: @reboot
Who gets the output of a job by mail? :: MAILTO
How do I run a command every five minutes? :: step|*/
Which shell executes the commands of a crontab? :: SHELL
How do I mirror a whole web site? :: mirror
How do I limit how deep links are followed? :: level
How often is a failed download tried again? :: tries
How do I wait between two downloads, to spare the server? :: --wait
How do I find files larger than a given size? :: -size
How do I find empty files and folders? :: -empty
How do I find files that were changed during the last day? :: -mtime
How do I run a command on all files that were found? :: -exec
How do I stay on one file system while searching? :: -xdev|-mount
How do I search without regard to upper and lower case? :: -iname
How do I stop find from descending into a folder? :: -prune
"""


def questions() -> list[tuple[str, list[str]]]:
    pairs = (line.split(" :: ") for line in QUESTIONS.splitlines())
    return [(question, words.split("|")) for question, words in pairs]


def pages(folder: pathlib.Path) -> list[pathlib.Path]:
    """The packed pages, downloaded once and not installed."""
    root = fetch(folder / "manual-packages", PACKAGES)
    return [next(root.glob(f"usr/share/man/man?/{page}.gz")) for page in PAGES]
