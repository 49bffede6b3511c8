"""`.serve()` of two flows by one process, as older clients spell it: one suspends itself, the other runs long."""

from pauses import suspended
from prefect import serve
from served import served

if __name__ == "__main__":
    serve(suspended.to_deployment("here"), served.to_deployment("here"))
