"""Flash and RAM of the linked image by part, read from its ELF file.

usage: report.py ELF [--panics] [--functions]

A function belongs to the module it is written in, by its name in the symbol table; what the
compiler moved from one function into another counts where it ended up. `--panics` names the callers
of panic code, `--functions` lists every symbol by size.
"""

import collections
import re
import struct
import sys

# Where the parts' code stands: the first that fits counts.
CLIENT = "client request peer registration bootstrap observe attributes send retry account encode"
PARTS = [
    ("coap", "lwm2m_carrier coap"),
    ("lwm2m: objects", "lwm2m_carrier lwm2m objects|lwm2m_carrier lwm2m object"),
    ("lwm2m: client", "|".join("lwm2m_carrier lwm2m " + file for file in CLIENT.split())),
    ("lwm2m: data and formats", "lwm2m_carrier lwm2m"),
    ("carrier", "lwm2m_carrier carrier"),
    ("modem", "lwm2m_carrier modem"),
    ("shared types", "lwm2m_carrier"),
    ("what several of them share", "outlined"),
    ("texts without a name", "unnamed"),
    ("the image itself", "lwm2m_carrier_size|lwm2m_carrier_minimal"),
    ("arithmetic and memory", "compiler_builtins"),
    ("core and heapless", ""),
]
ARITHMETIC = re.compile(r"__aeabi_|__\w+[sdt]f\d?$|memcpy|memmove|memset|memcmp|bcmp")

Symbol = collections.namedtuple("Symbol", "name path start size section")


class Elf:
    """A little-endian 32-bit ELF file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        if self.bytes[:6] != b"\x7fELF\x01\x01":
            sys.exit(f"{path} is not a little-endian 32-bit ELF file")
        offset = struct.unpack_from("<I", self.bytes, 32)[0]
        size, count, names = struct.unpack_from("<HHH", self.bytes, 46)
        heads = [struct.unpack_from("<10I", self.bytes, offset + n * size) for n in range(count)]
        text = lambda table, at: self.bytes[heads[table][4] + at :].split(b"\0", 1)[0].decode()
        self.sections = {}
        self.symbols = []
        for head in heads:
            name = text(names, head[0])
            self.sections[name] = head
        for kind, link, at, size in ((h[1], h[6], h[4], h[5]) for h in heads):
            if kind != 2:
                continue
            for position in range(at, at + size, 16):
                name, start, length, info, _, section = struct.unpack_from(
                    "<IIIBBH", self.bytes, position
                )
                name = text(link, name)
                if section < count:
                    self.symbols.append((name, start, length, info & 15, section))
        self.numbers = {n: text(names, head[0]) for n, head in enumerate(heads)}

    def content(self, name):
        """Address and bytes of a section."""
        if name not in self.sections:
            return 0, b""
        head = self.sections[name]
        return head[3], self.bytes[head[4] : head[4] + head[5]] if head[1] != 8 else bytes(head[5])

    def size(self, name):
        """Bytes of a section."""
        return self.sections[name][5] if name in self.sections else 0


def path_of(name):
    """Crate and modules that a mangled name begins with."""
    if name.startswith("_ZN"):
        # The old form: lengths and identifiers; an `impl` is one identifier with its path inside.
        rest, found = name[3:], []
        while rest and rest[0].isdigit():
            length = re.match(r"\d+", rest).group()
            found.append(rest[len(length) : len(length) + int(length)])
            rest = rest[len(length) + int(length) :]
        text = " ".join(found)
        for code, sign in (("$LT$", "<"), ("$GT$", ">"), ("$u20$", " "), ("$RF$", "&")):
            text = text.replace(code, sign)
        inherent = re.search(r"<impl ([\w.]+)", text)
        path = inherent.group(1) if inherent else re.search(r"[\w.]+( \w+)*", text.lstrip("_<&")).group()
        if not inherent and "lwm2m_carrier" not in path:
            # A trait of another crate, for a type of this one.
            own = re.search(r"lwm2m_carrier[\w.]*", text)
            path = own.group() if own and text.startswith("_<") else path
        return path.replace("..", " ")
    if name.startswith("_R"):
        # The new form: the first crate root, and the identifiers that follow it at once.
        root = re.search(r"C(s[0-9A-Za-z]*_)?(?=\d)", name)
        rest, found = name[root.end() :] if root else "", []
        while rest and rest[0].isdigit():
            length = re.match(r"\d+", rest).group()
            start = len(length) + (rest[len(length)] == "_")
            found.append(rest[start : start + int(length)])
            rest = rest[start + int(length) :]
        return " ".join(found)
    if name.startswith("OUTLINED_FUNCTION"):
        return "outlined"
    if name.startswith(".Lanon"):
        return "unnamed"
    return "compiler_builtins" if ARITHMETIC.search(name) else "lwm2m_carrier_size"


def part_of(path):
    """The part that a path belongs to."""
    for part, prefixes in PARTS:
        if any((path + " ").startswith(prefix and prefix + " ") for prefix in prefixes.split("|")):
            return part
    return ""


def functions(elf):
    """The symbols of the image, one for each place."""
    found = {}
    for name, start, size, kind, section in elf.symbols:
        if size and kind in (1, 2) and elf.numbers[section] in (".text", ".rodata", ".data", ".bss"):
            place = (elf.numbers[section], start & ~1 if kind == 2 else start)
            if place not in found or name.startswith("_"):
                found[place] = Symbol(name, path_of(name), place[1], size, place[0])
    return sorted(found.values(), key=lambda symbol: (symbol.section, symbol.start))


def calls(elf):
    """Every direct call and jump to another function: place and target."""
    base, code = elf.content(".text")
    marks = sorted((start - base, name[1]) for name, start, _, _, s in elf.symbols
                   if re.match(r"\$[td](\.|$)", name) and elf.numbers[s] == ".text")
    ends = [start for start, _ in marks[1:]] + [len(code)]
    for (at, kind), end in zip(marks, ends):
        while kind == "t" and at + 1 < end:
            first = code[at] | code[at + 1] << 8
            if first >> 11 not in (0b11101, 0b11110, 0b11111) or at + 3 >= end:
                at += 2
                continue
            second = code[at + 2] | code[at + 3] << 8
            if first >> 11 == 0b11110 and second >> 14 & 1 == second >> 12 & 1 == 1 or (
                first >> 11 == 0b11110 and second & 0xD000 == 0x9000
            ):
                sign = first >> 10 & 1
                i1, i2 = (1 - (second >> 13 & 1 ^ sign)), (1 - (second >> 11 & 1 ^ sign))
                offset = i1 << 23 | i2 << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1
                yield base + at, base + at + 4 + offset - (sign << 24)
            at += 4


def short(name):
    """A mangled name, readable enough."""
    parts = re.findall(r"[A-Za-z_]\w{2,}", path_of(name))
    last = re.findall(r"(?<=\d)[a-z_]\w*?(?=17h|\d|E|$)", name)
    return "::".join(parts[:4] + [part for part in last[-1:] if part not in parts])


def main():
    options = [a for a in sys.argv[1:] if a.startswith("--")]
    elf = Elf([a for a in sys.argv[1:] if not a.startswith("--")][0])
    symbols = functions(elf)
    sizes = {}
    for at in range(0, elf.size(".sizes"), 32):
        line = elf.content(".sizes")[1][at : at + 32]
        sizes[line[4:].rstrip(b"\0").decode()] = struct.unpack_from("<I", line)[0]

    flash = {part: collections.Counter() for part, _ in PARTS}
    rest = collections.Counter({name: elf.size(name) for name in (".text", ".rodata", ".data")})
    for symbol in symbols:
        if symbol.section != ".bss":
            flash[part_of(symbol.path)][symbol.section] += symbol.size
            rest[symbol.section] -= symbol.size
    ram = {
        "coap": sizes["Answers"],
        "lwm2m: objects": sizes["Objects"],
        "lwm2m: client": sizes["Client"] - sizes["Objects"] - sizes["Answers"],
        "carrier": sizes.get("Carrier", sizes["Client"]) - sizes["Client"],
        "modem": sizes.get("AtModem", 0),
        "the image itself": sizes["Datagram"],
    }
    ram_total = elf.size(".data") + elf.size(".bss")
    flash_total = elf.size(".text") + elf.size(".rodata") + elf.size(".data")

    print("| part | code | constants | flash | RAM |")
    print("|---|---:|---:|---:|---:|")
    row = lambda name, *numbers: print(
        f"| {name} |" + "".join(f" {number:,} |" for number in numbers)
    )
    for part, _ in PARTS:
        code, constants = flash[part][".text"], flash[part][".rodata"] + flash[part][".data"]
        if code + constants + ram.get(part, 0):
            row(part, code, constants, code + constants, ram.get(part, 0))
    texts = rest[".rodata"] + rest[".data"]
    row("unnamed and padding", rest[".text"], texts, rest[".text"] + texts,
        ram_total - sum(ram.values()))
    row("**all**", elf.size(".text"), flash_total - elf.size(".text"), flash_total, ram_total)

    print("\nRAM in detail: " + ", ".join(f"{name} {size:,}" for name, size in sizes.items()) + ".")

    panic = {s.start: s.name for s in symbols if s.path.startswith("core") and re.search(r"panicking|_fail(ed|E|17h|$)|index_len_fail|_error_fail", s.name)}
    formats = sum(s.size for s in symbols if re.search(r"core3fmt|4core..?fmt|3fmt", s.name))
    owner = lambda at: next((s.name for s in symbols if s.section == ".text" and s.start <= at < s.start + s.size), "?")
    callers = collections.Counter()
    for place, target in calls(elf):
        if target in panic and owner(place) not in panic.values():
            callers[owner(place), panic[target]] += 1
    print(f"Panic code: {len(panic)} functions with {sum(callers.values())} calls; formatting: {formats:,} bytes.")
    if "--panics" in options:
        for (caller, target), count in sorted(callers.items()):
            print(f"  {count} x {short(target)} in {short(caller)}")
    if "--functions" in options:
        for symbol in sorted(symbols, key=lambda symbol: symbol.size):
            print(f"{symbol.size:6} {symbol.section:8} {part_of(symbol.path):24} {symbol.name}")
    print(f"flash {flash_total} ram {ram_total}")


if __name__ == "__main__":
    main()
