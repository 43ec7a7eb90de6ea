// SPDX-License-Identifier: MIT
#include "given/exchange_stacks.hpp"

#ifdef WORKBOOK_EXCHANGES_STACKS

#include <algorithm>
#include <cstdint>

#ifdef __x86_64__

// workbook_exchange_stacks(void** left, void* entered): push what a called function must preserve
// (six registers, and the control words of the two floating-point units), exchange the stack
// pointers, pop the same from the other stack. The return address is already there: it was pushed
// by the call. workbook_first_entry is what a new stack "returns" to; no caller is known above it,
// so that backtraces and exceptions end there.
asm(R"(
.pushsection .text
.hidden workbook_exchange_stacks
.globl workbook_exchange_stacks
.type workbook_exchange_stacks, @function
.p2align 4
workbook_exchange_stacks:
    .cfi_startproc
    endbr64
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .cfi_endproc
.size workbook_exchange_stacks, .-workbook_exchange_stacks

.hidden workbook_first_entry
.globl workbook_first_entry
.type workbook_first_entry, @function
.p2align 4
workbook_first_entry:
    .cfi_startproc
    .cfi_undefined %rip
    endbr64
    movq %r12, %rdi
    callq *%r13
    ud2
    .cfi_endproc
.size workbook_first_entry, .-workbook_first_entry
.popsection
)");

extern "C" void workbook_first_entry();

void* workbook_prepare_stack(void* end, void (*entry)(void*), void* argument)
{
    // What workbook_exchange_stacks pops: control words, r15 r14 r13 r12 rbx rbp, return address.
    // rbp = 0 ends a debugger's backtrace.
    std::uint32_t mxcsr = 0;
    std::uint16_t x87 = 0;
    asm("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87));
    auto* top = static_cast<std::uint64_t*>(end) - 8;
    top[0] = mxcsr | static_cast<std::uint64_t>(x87) << 32;
    top[1] = 0;
    top[2] = 0;
    top[3] = reinterpret_cast<std::uint64_t>(entry);    // r13
    top[4] = reinterpret_cast<std::uint64_t>(argument); // r12
    top[5] = 0;
    top[6] = 0;
    top[7] = reinterpret_cast<std::uint64_t>(&workbook_first_entry);
    return top;
}

#else

// The same on 64-bit Arm: twelve registers, eight of the floating-point unit's and its control
// word. The return address is in a register there (x30) and saved with the others.
asm(R"(
.pushsection .text
.hidden workbook_exchange_stacks
.globl workbook_exchange_stacks
.type workbook_exchange_stacks, @function
.p2align 4
workbook_exchange_stacks:
    .cfi_startproc
    hint #34
    sub sp, sp, #176
    stp x19, x20, [sp]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mrs x9, fpcr
    str x9, [sp, #160]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldr x9, [sp, #160]
    msr fpcr, x9
    ldp x19, x20, [sp]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #176
    ret
    .cfi_endproc
.size workbook_exchange_stacks, .-workbook_exchange_stacks

.hidden workbook_first_entry
.globl workbook_first_entry
.type workbook_first_entry, @function
.p2align 4
workbook_first_entry:
    .cfi_startproc
    .cfi_undefined x30
    mov x0, x19
    blr x20
    brk #0
    .cfi_endproc
.size workbook_first_entry, .-workbook_first_entry
.popsection
)");

extern "C" void workbook_first_entry();

void* workbook_prepare_stack(void* end, void (*entry)(void*), void* argument)
{
    // What workbook_exchange_stacks takes from it: x19 to x30, d8 to d15, the control word. x29 = 0
    // ends a debugger's backtrace.
    std::uint64_t fpcr = 0;
    asm("mrs %0, fpcr" : "=r"(fpcr));
    auto* top = static_cast<std::uint64_t*>(end) - 22;
    std::fill(top, top + 22, 0);
    top[0] = reinterpret_cast<std::uint64_t>(argument);               // x19
    top[1] = reinterpret_cast<std::uint64_t>(entry);                  // x20
    top[11] = reinterpret_cast<std::uint64_t>(&workbook_first_entry); // x30
    top[20] = fpcr;
    return top;
}

#endif

#endif
