"""What may be set for matching on the server: its networks, its threads, what a picture may be."""

from __future__ import annotations

from gateway.setting_kinds import MIB, OptionalPath, Section, setting


class MatcherSection(Section):
    """Matching faces and irises on the server; see matcher.md."""

    enabled: bool = setting(
        False,
        "Whether pictures and templates are compared on the server at all.",
        why="Biometric data leaves the terminal only where somebody decided that it may.",
    )
    models: OptionalPath = setting(
        None,
        'Folder of the converted networks; "" is "models" in the data directory.',
        why="They are made once by `gatepost matcher prepare` and belong to this gateway.",
    )
    files: OptionalPath = setting(
        None,
        'Folder with the published files of the networks; "" takes them from installed packages.',
        why="Packages are how they are published; a machine without them gets the two files.",
    )
    embedder: OptionalPath = setting(
        None,
        'Manifest (TOML) of another embedder; "" uses SFace 2021dec.',
        why="Of the embedders with a permissive licence that could be had it is the best measured.",
    )
    liveness: OptionalPath = setting(
        None,
        'Manifest (TOML) of a liveness network; "" judges no liveness here.',
        why="None could be had whose rate of missed attacks is known; terminals have sensors.",
    )
    threads: int = setting(
        0,
        "Threads that analyse and search; 0 takes one for each processor.",
        why="Each uses one processor fully; more of them only make all slower.",
        ge=0,
        le=256,
    )
    waiting: int = setting(
        64,
        "Verifications that may wait for a thread; of more, the least urgent is not begun.",
        why="On two processors these take a second, longer than anybody at a gate waits.",
        ge=1,
        le=10_000,
    )
    picture_bytes: int = setting(
        8 * MIB,
        "Bytes of a picture; a larger one is refused before it is looked at.",
        why="Terminals send below 300 KB; telephones with which people are enrolled 3 to 6 MB.",
        ge=10_240,
        le=64 * MIB,
    )
    picture_pixels: int = setting(
        16_000_000,
        "Pixels of a picture; one that claims more is refused before it is decoded.",
        why="Telephones have 12 million; a small file can claim a billion.",
        ge=307_200,
        le=80_000_000,
    )
    size_tolerance: float = setting(
        0.10,
        "Share by which the sides of a face picture may differ from 640 and 480 pixels.",
        why="The notice says about 640x480.",
        ge=0,
        le=1,
    )
    distortion: float = setting(
        0.15,
        "Share by which a face's height to width may differ from the usual.",
        why="Faces differ by 6 % among themselves; less would refuse many a good picture.",
        ge=0.01,
        le=1,
    )
    light_evenness: float = setting(
        0.6,
        "Least brightness of the darker half of a face, as a share of the brighter half's.",
        why="The notice asks for even light without a figure; a lamp from one side gives a third.",
        ge=0,
        le=1,
    )
    light_clipped: float = setting(
        0.10,
        "Share of a face's pixels that may be black or white.",
        why="There a face has no features left; pupils and highlights on skin are 2 %.",
        ge=0,
        le=1,
    )
