"""From LLVM's language to machine code, for each level of a platform's processors.

All levels give the same bits: LLVM reorders no floating-point arithmetic and fuses no
multiplication with an addition unless it is told to.
"""

from __future__ import annotations

from functools import reduce

import llvmlite.binding as llvm
from llvmlite import ir

from voxlogica.kernels.building.platforms import Level, Platform
from voxlogica.kernels.machine_code import LEVELS


def objects(platform: Platform, code: str, symbol: str, unrolled: bool) -> list[bytes]:
    """A kernel's object code for each level; `code` is in LLVM's language, as it was written.

    Without `unrolled`, a round of a loop is in it once, or as often as there are vectors at a time.
    So it is for the least of several levels, which only old processors need.
    """
    least = platform.levels[0] if len(platform.levels) > 1 else None
    return [
        _object(platform, level, code, symbol, unrolled and level is not least)
        for level in platform.levels
    ]


def _object(platform: Platform, level: Level, code: str, symbol: str, unrolled: bool) -> bytes:
    machine = _machine(platform, level)
    module = llvm.parse_assembly(_placed(code, platform, str(machine.target_data)))
    module.get_function(symbol).name = f"{symbol}__{level.name}"
    module.verify()
    _optimize(module, machine, unrolled)
    emitted: bytes = machine.emit_object(module)
    return emitted


def _machine(platform: Platform, level: Level) -> llvm.TargetMachine:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    llvm.initialize_native_asmparser()  # for `cpuid`
    # What it calls, `memset`, is reached through stubs that the linker makes.
    return llvm.Target.from_triple(platform.triple).create_target_machine(
        cpu=level.processor, features=level.features, opt=3, reloc="pic", codemodel="small"
    )


def _placed(code: str, platform: Platform, layout: str) -> str:
    """The code with the platform's name and layout of data in place of this machine's."""
    lines = [
        line
        for line in code.splitlines()
        if not line.startswith(("target triple", "target datalayout"))
    ]
    head = [f'target triple = "{platform.triple}"', f'target datalayout = "{layout}"']
    return "\n".join((*head, *lines))


def _optimize(module: llvm.ModuleRef, machine: llvm.TargetMachine, unrolled: bool) -> None:
    """As Numba does it: each function, then all after little inlining, then in full."""
    full = _builder(machine, 3, vectorize=True, unroll=unrolled)
    for function in module.functions:
        if not function.is_declaration:
            full.getFunctionPassManager().run(function, full)
    cheap = _builder(machine, 0, vectorize=False, unroll=True)
    passes = cheap.getModulePassManager()
    # Loops are turned round early: else some are not seen to be vectors' loops.
    passes.add_loop_rotate_pass()
    passes.add_instruction_combine_pass()
    passes.add_jump_threading_pass()
    passes.run(module, cheap)
    full.getModulePassManager().run(module, full)


def _builder(
    machine: llvm.TargetMachine, speed: int, vectorize: bool, unroll: bool
) -> llvm.PassBuilder:
    options = llvm.create_pipeline_tuning_options(speed_level=speed)
    options.loop_vectorization = vectorize
    options.loop_unrolling = unroll
    options.slp_vectorization = False
    return llvm.create_pass_builder(machine, options)


# What tells the level: leaf and bit of `cpuid` for each of the psABI's features that LLVM uses.
_ECX_1 = 1 << 0 | 1 << 9 | 1 << 13 | 1 << 19 | 1 << 20 | 1 << 23  # SSE3 … SSE4.2, CX16, POPCNT
_ECX_1_V3 = 1 << 12 | 1 << 22 | 1 << 27 | 1 << 28 | 1 << 29  # FMA, MOVBE, OSXSAVE, AVX, F16C
_EBX_7_V3 = 1 << 3 | 1 << 5 | 1 << 8  # BMI1, AVX2, BMI2
_EBX_7_V4 = 1 << 16 | 1 << 17 | 1 << 28 | 1 << 30 | 1 << 31  # AVX-512 F, DQ, CD, BW, VL
_ECX_EXT_V3 = 1 << 5  # LZCNT
_AVX_STATE, _AVX512_STATE = 0b110, 0b11100110  # of XCR0: what the system saves


def level_function(platform: Platform) -> bytes:
    """Object code of `int voxlogica_level(void)`: which of the levels the processor can run.

    0 where it has not even the least.
    """
    number = ir.IntType(32)
    module = ir.Module("level")
    function = ir.Function(module, ir.FunctionType(number, []), "voxlogica_level")
    builder = ir.IRBuilder(function.append_basic_block())
    if len(platform.levels) == 1:
        (own,) = [n for n, name in LEVELS.items() if name == platform.levels[0].name]
        builder.ret(number(own))
    else:
        _tell_x86(builder, number)
    least = platform.levels[0]
    machine = _machine(platform, Level("", "x86-64" if "x86" in least.processor else "generic"))
    code = llvm.parse_assembly(_placed(str(module), platform, str(machine.target_data)))
    code.verify()
    emitted: bytes = machine.emit_object(code)
    return emitted


def _tell_x86(builder: ir.IRBuilder, number: ir.IntType) -> None:
    def cpuid(leaf: int) -> list[ir.Value]:
        four = ir.LiteralStructType([number] * 4)
        said = builder.asm(
            ir.FunctionType(four, [number, number]),
            "cpuid",
            "={eax},={ebx},={ecx},={edx},{eax},{ecx},~{dirflag},~{fpsr},~{flags}",
            [number(leaf), number(0)],
            True,
        )
        return [builder.extract_value(said, n) for n in range(4)]

    def has(word: ir.Value, bits: int) -> ir.Value:
        return builder.icmp_unsigned("==", builder.and_(word, number(bits)), number(bits))

    def all_of(*conditions: ir.Value) -> ir.Value:
        return reduce(builder.and_, conditions)

    leaves = cpuid(0)[0]
    _, _, ecx_1, _ = cpuid(1)
    v2 = has(ecx_1, _ECX_1)
    # What a processor without AVX would not know is asked only of one that has it.
    more, done = (builder.append_basic_block(name) for name in ("more", "done"))
    begin, below = builder.block, builder.select(v2, number(2), number(0))
    seven = builder.icmp_unsigned(">=", leaves, number(7))
    builder.cbranch(all_of(v2, has(ecx_1, _ECX_1_V3), seven), more, done)
    builder.position_at_end(more)
    _, ebx_7, _, _ = cpuid(7)
    _, _, ecx_ext, _ = cpuid(0x80000001)
    state = builder.asm(
        ir.FunctionType(ir.LiteralStructType([number, number]), [number]),
        "xgetbv",
        "={eax},={edx},{ecx},~{dirflag},~{fpsr},~{flags}",
        [number(0)],
        True,
    )
    saved = builder.extract_value(state, 0)
    v3 = all_of(has(ebx_7, _EBX_7_V3), has(ecx_ext, _ECX_EXT_V3), has(saved, _AVX_STATE))
    v4 = all_of(v3, has(ebx_7, _EBX_7_V4), has(saved, _AVX512_STATE))
    above = builder.select(v4, number(4), builder.select(v3, number(3), number(2)))
    builder.branch(done)
    builder.position_at_end(done)
    level = builder.phi(number)
    level.add_incoming(below, begin)
    level.add_incoming(above, more)
    builder.ret(level)
