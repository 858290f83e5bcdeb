import Foundation

/// Scripts for wrk that ask for files all over a tree: more of them than any cache of answers holds.
enum RandomPaths {
    /// Writes a script to `directory`.
    ///
    /// - Parameters:
    ///   - files: how many there are.
    ///   - path: an expression in Lua that makes the path of the file with the number `index`, from 0.
    /// - Returns: the script's path.
    static func script(in directory: String, files: Int, path: String) throws -> String {
        let file = directory + "/random.lua"
        // Each thread has numbers of its own, the same in each run.
        try """
        local threads = 0
        function setup(thread)
          threads = threads + 1
          thread:set("number", threads)
        end
        function init()
          math.randomseed(number)
        end
        function request()
          local index = math.random(0, \(files - 1))
          return wrk.format("GET", \(path))
        end

        """.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}
