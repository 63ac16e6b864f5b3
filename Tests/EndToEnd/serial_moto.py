"""moto's server, one request at a time: by itself it looks whether there is an object and makes it
in two steps, so that of several writers who want to be the first more than one may be."""

import threading

import moto.server

turn = threading.Lock()
run_simple = moto.server.run_simple


def run_in_turn(host, port, application, **options):
    def answer(environ, start_response):
        with turn:
            parts = application(environ, start_response)
            try:
                return [b"".join(parts)]
            finally:
                if hasattr(parts, "close"):
                    parts.close()

    run_simple(host, port, answer, **options)


moto.server.run_simple = run_in_turn
moto.server.main()
