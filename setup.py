"""Package metadata; build-system and tool settings are in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent

setup(
    name="zhtm-detector",
    version="0.1.0",
    description="An HTM anomaly detector for the Numenta Anomaly Benchmark and for your own streams",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    # nab_config/ is the single source of the shipped configuration; in the wheel it is a subpackage.
    packages=[*find_packages(include=["zhtm_detector", "zhtm_detector.*"]), "zhtm_detector.config"],
    package_dir={"zhtm_detector": "zhtm_detector", "zhtm_detector.config": "nab_config"},
    package_data={
        "zhtm_detector": ["py.typed", "pages/static/*", "pages/viewer/static/**/*"],
        "zhtm_detector.config": ["profiles.json", "scoreboard.json", "*.txt", "presets/*.json", "sample_corpus/**/*"],
    },
    entry_points={"console_scripts": ["zhtm = zhtm_detector.cli.process:main"]},
    install_requires=[
        "numpy>=2.0",
        "pandas>=2.2",
        "numba>=0.61",
        "pydantic>=2.7",
        "typer>=0.15",
        "rich>=13",
        "pooch>=1.8",
        "requests>=2.31",
        "plotly>=6",
    ],
    extras_require={
        "calls": ["pygraphviz>=2"],
        "cluster": ["distributed>=2024.8"],
        "image": ["kaleido>=1"],
        "peers": ["pyod>=2", "pysad>=0.7", "river>=0.26", "scikit-learn>=1.6", "stumpy>=1.13"],
        "pysad": ["pysad>=0.7"],
        "river": ["river>=0.26"],
        "sklearn": ["scikit-learn>=1.6"],
        "tune": ["optuna>=4"],
        "viewer": ["starlette>=0.40", "uvicorn>=0.30"],
        "test": [
            "distributed>=2024.8",
            "httpx>=0.27",
            "hypothesis>=6.100",
            "kaleido>=1",
            "mypy>=1.11",
            "optuna>=4",
            "pandas-stubs>=2.2",
            "playwright>=1.45",
            "pygraphviz>=2",
            "pyod>=2",
            "pysad>=0.7",
            "pytest>=8",
            "pytest-benchmark>=5.3.1",
            "pytest-cov>=7",
            "pytest-xdist>=3.5",
            "river>=0.26",
            "ruff>=0.6",
            "scikit-learn>=1.6",
            "setuptools>=77",
            "starlette>=0.40",
            "stumpy>=1.13",
            "uvicorn>=0.30",
        ],
    },
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
)
