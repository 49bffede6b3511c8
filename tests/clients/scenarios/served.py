"""`.serve()`: this process polls for its own deployment's runs and starts each in a child process."""

import time

from prefect import flow


@flow(name="clients-served", log_prints=True)
def served(name: str = "world", seconds: int = 0) -> str:
    print(f"hello {name}")
    for _ in range(seconds * 10):
        time.sleep(0.1)
    return name


if __name__ == "__main__":
    served.serve(name="here", tags=["served"], parameters={"name": "weir"}, description="Served from a terminal")
