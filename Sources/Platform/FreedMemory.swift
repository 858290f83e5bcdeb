internal import CPlatform

/// Memory that the program has freed and the C library keeps.
package enum FreedMemory {
    /// Gives whole free pages back to the system, those amid what is in use included (`malloc_trim(3)`). Takes
    /// milliseconds for hundreds of megabytes, in which other threads may wait for memory: never to be called on an
    /// event loop, nor often.
    package static func giveBack() {
        specman_give_back_memory()
    }
}
