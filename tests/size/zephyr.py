"""Flash and RAM of a Zephyr image by part, read from what the linker says (zephyr.map) and its ELF file.

usage: zephyr.py DIRECTORY      the one with zephyr.elf and zephyr.map

What the linker got from an archive counts for its part. The library is one object, so its functions
and statics are told apart by their names: the core, what binds it to Zephyr, and the nrf-modem crate.
The core's state stands in a static of the glue, and counts for the core. What the compiler left
without a name counts for the core.
"""

import collections
import re
import struct
import sys

from report import path_of

CORE, GLUE, MODEM, TLS = "core", "glue", "modem library", "Mbed TLS"
ZEPHYR, APPLICATION, PADDING = "Zephyr", "application", "padding, less what the linker merged"
PARTS = [CORE, GLUE, MODEM, TLS, ZEPHYR, APPLICATION, PADDING]

# The nrf-modem crate, and what it alone uses.
MODEM_CRATES = "nrf_modem nrfxlib_sys linked_list_allocator at_commands arrayvec grounded".split()
STATE = "lwm2m_carrier zephyr shared SHARED"


def sections(path):
    """Name, type, flags, address and size of the sections that are in the image's memory."""
    with open(path, "rb") as file:
        elf = file.read()
    if elf[:6] != b"\x7fELF\x01\x01":
        sys.exit("only 32-bit boards have flash and RAM to be measured")
    offset = struct.unpack_from("<I", elf, 32)[0]
    size, count, names = struct.unpack_from("<HHH", elf, 46)
    heads = [struct.unpack_from("<10I", elf, offset + n * size) for n in range(count)]
    for head in heads:
        if head[2] & 2 and head[5]:
            name = elf[heads[names][4] + head[0] :].split(b"\0", 1)[0].decode()
            yield name, head[1], head[3], head[5]


def part_of(section, origin):
    """The part of an input section that came from `origin`."""
    if "liblwm2m_carrier_shim" in origin:
        return GLUE
    if "liblwm2m_carrier.a" in origin:
        if "compiler_builtins" in origin:
            return CORE
        if ".rcgu.o" not in origin:
            return MODEM
        symbol = re.sub(r"^\.(text|rodata|data|bss|ARM\.exidx)(\.(text|unlikely|cst\d+))?\.?", "", section)
        path = path_of(symbol) if symbol.startswith("_") else symbol
        if path.startswith(STATE):
            return CORE
        if path.startswith(("lwm2m_carrier zephyr", "lwm2m_carrier ffi", "carrier_", "lwm2m_carrier_")):
            return GLUE
        if path.split(" ")[0] in MODEM_CRATES or path.startswith(("nrf_modem", "nrfx_", "__wrap_")):
            return MODEM
        return CORE
    if "mbedtls" in origin or "mbed" in origin:
        return TLS
    if "app/libapp.a" in origin:
        return APPLICATION
    return ZEPHYR


def inputs(path):
    """Output section, name, size and origin of every input section that the linker kept."""
    output = name = None
    # A name that is too long stands on a line of its own.
    line_of = re.compile(r"^ (\S+)?\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S.*)$")
    with open(path) as file:
        for line in file:
            if line.startswith("Linker script and memory map"):
                output = ""
            if output is None:
                continue
            begin = re.match(r"^([.\w]\S*)(\s|$)", line)
            if begin:
                output = begin.group(1)
            alone = re.match(r"^ ([.\w]\S*)$", line)
            found = line_of.match(line)
            if found and int(found.group(2), 16):
                yield output, found.group(1) or name or "", int(found.group(2), 16), found.group(3)
            name = alone.group(1) if alone else None


def main():
    directory = sys.argv[1]
    flash, ram = collections.Counter(), collections.Counter()
    with open(f"{directory}/zephyr.map") as file:
        region = re.search(r"^RAM +0x([0-9a-f]+) +0x([0-9a-f]+)", file.read(), re.MULTILINE)
    if not region:
        sys.exit("the linker was told of no RAM")
    start, length = (int(number, 16) for number in region.groups())
    memory = range(start, start + length)
    kinds = {}
    for name, kind, address, size in sections(f"{directory}/zephyr.elf"):
        # Type 8 takes no place in the file.
        kinds[name] = (kind != 8, address in memory)
        flash[PADDING] += size * kinds[name][0]
        ram[PADDING] += size * kinds[name][1]
    for output, name, size, origin in inputs(f"{directory}/zephyr.map"):
        in_flash, in_ram = kinds.get(output, (False, False))
        part = part_of(name, origin)
        flash[part] += size * in_flash
        flash[PADDING] -= size * in_flash
        ram[part] += size * in_ram
        ram[PADDING] -= size * in_ram

    print("| part | flash | RAM |")
    print("|---|---:|---:|")
    for part in PARTS:
        if flash[part] or ram[part]:
            print(f"| {part} | {flash[part]:,} | {ram[part]:,} |")
    print(f"| **all** | {flash.total():,} | {ram.total():,} |")
    print(f"flash {flash.total()} ram {ram.total()}")


if __name__ == "__main__":
    main()
