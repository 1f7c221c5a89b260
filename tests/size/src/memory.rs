//! `memcpy` and its like, as short as a C library that is built for size has them. A device has
//! such a library anyway; what stands in for it in a Rust program is made for speed.

use core::arch::global_asm;

// One section for each that is called by others, so that what is not used is left out.
global_asm!(
    r#"
    .syntax unified
    .thumb
    .macro names function:vararg
    .irp name, \function
    .global \name
    .type \name, %function
    .thumb_func
    \name:
    .endr
    .endm

    @ r0: to, r1: from, r2: length. Overlapping areas are copied from the end where that is needed.
    .section .text.memmove, "ax", %progbits
    names memmove, __aeabi_memmove, __aeabi_memmove4, __aeabi_memmove8
    cmp r1, r0
    bhs memcpy
1:  subs r2, #1
    itt pl
    ldrbpl r3, [r1, r2]
    strbpl r3, [r0, r2]
    bpl 1b
    bx lr
    names memcpy, __aeabi_memcpy, __aeabi_memcpy4, __aeabi_memcpy8
    mov r12, r0
2:  subs r2, #1
    itt pl
    ldrbpl r3, [r1], #1
    strbpl r3, [r12], #1
    bpl 2b
    bx lr
    .size memmove, . - memmove

    @ r0: to, r1: length, r2: byte; `memset` has the last two the other way round.
    .section .text.memset, "ax", %progbits
    names memset
    mov r3, r1
    mov r1, r2
    mov r2, r3
    b 4f
    names __aeabi_memclr, __aeabi_memclr4, __aeabi_memclr8
    movs r2, #0
    names __aeabi_memset, __aeabi_memset4, __aeabi_memset8
4:  mov r12, r0
3:  subs r1, #1
    it pl
    strbpl r2, [r12], #1
    bpl 3b
    bx lr
    .size memset, . - memset

    @ r0, r1: areas, r2: length.
    .section .text.memcmp, "ax", %progbits
    names memcmp, bcmp
    push {{r4, lr}}
5:  subs r2, #1
    itt mi
    movmi r0, #0
    popmi {{r4, pc}}
    ldrb r3, [r0], #1
    ldrb r4, [r1], #1
    subs r3, r4
    beq 5b
    mov r0, r3
    pop {{r4, pc}}
    .size memcmp, . - memcmp
    .text
    "#
);
