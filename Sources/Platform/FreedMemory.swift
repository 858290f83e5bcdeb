internal import CPlatform

/// Memory that the program has freed and the C library keeps.
package enum FreedMemory {
    /// Has threads take memory from as many arenas as there are processors, two at least, instead of eight times as many
    /// (`mallopt(3)`, `M_ARENA_MAX`): what one thread takes and another frees goes back to the arena of the first, and lies
    /// there between what is in use. To be called before there are threads. `MALLOC_ARENA_MAX` in the environment wins.
    package static func shareArenas() {
        specman_limit_arenas(Int32(clamping: max(2, Processors.count)))
    }

    /// Gives whole free pages back to the system, those amid what is in use included (`malloc_trim(3)`). Takes
    /// milliseconds for hundreds of megabytes, in which other threads may wait for memory: never to be called on an
    /// event loop, nor often.
    package static func giveBack() {
        specman_give_back_memory()
    }
}
