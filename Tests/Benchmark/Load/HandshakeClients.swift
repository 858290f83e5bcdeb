import TestSupport

/// Clients that connect, ask for a small file and leave, over and over.
///
/// In Go: what a client takes of the machine is taken from the server, and OpenSSL's takes 1000 µs for a full handshake, a
/// third of it to decode the server's certificate, where Go's takes 620. It is also what asks most: Kubernetes' own
/// programs are written in it.
struct HandshakeClients {
    private let program: String

    /// - Parameter directory: takes the program.
    init(in directory: String) throws {
        program = try GoProgram.build("handshakes", source: Self.source, in: directory)
    }

    /// - Parameters:
    ///   - resumed: whether each client shows the ticket of its last connection.
    ///   - clients: how many there are at once.
    /// - Returns: connections a second, and their number.
    /// - Throws: ``BenchmarkError`` where a connection fails, or isn't resumed that should be.
    func run(_ port: UInt16, resumed: Bool, clients: Int, seconds: Int) throws -> (rate: Double, count: Double) {
        let output = try Command.output(
            program,
            ["127.0.0.1:\(port)", BenchmarkTree.smallPath, "\(resumed)", "\(clients)", "\(seconds)"]
        )
        let figures = output.text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard output.status == 0, figures.count == 2 else {
            throw BenchmarkError("handshakes with port \(port): \(output.text)\(output.err)")
        }
        return (figures[0] / figures[1], figures[0])
    }

    /// Says how many connections there were, and in how many seconds.
    private static let source = """
        package main

        import (
        \t"bufio"
        \t"crypto/tls"
        \t"fmt"
        \t"io"
        \t"log"
        \t"net/http"
        \t"os"
        \t"strconv"
        \t"time"
        )

        func main() {
        \taddress, path, isResumed := os.Args[1], os.Args[2], os.Args[3] == "true"
        \tclients, _ := strconv.Atoi(os.Args[4])
        \tseconds, _ := strconv.Atoi(os.Args[5])
        \trequest := []byte("GET " + path + " HTTP/1.1\\r\\nHost: " + address + "\\r\\n\\r\\n")
        \tcounts := make(chan int)
        \tstart := time.Now()
        \tend := start.Add(time.Duration(seconds) * time.Second)
        \tfor client := 0; client < clients; client++ {
        \t\tgo func() {
        \t\t\tconfiguration := &tls.Config{InsecureSkipVerify: true}
        \t\t\tif isResumed {
        \t\t\t\tconfiguration.ClientSessionCache = tls.NewLRUClientSessionCache(1)
        \t\t\t}
        \t\t\treader := bufio.NewReader(nil)
        \t\t\tcount := 0
        \t\t\tfor ; time.Now().Before(end); count++ {
        \t\t\t\tconnection, err := tls.Dial("tcp", address, configuration)
        \t\t\t\tcheck(err)
        \t\t\t\tif isResumed && count > 0 && !connection.ConnectionState().DidResume {
        \t\t\t\t\tlog.Fatal("a session was not resumed")
        \t\t\t\t}
        \t\t\t\t_, err = connection.Write(request)
        \t\t\t\tcheck(err)
        \t\t\t\treader.Reset(connection)
        \t\t\t\tresponse, err := http.ReadResponse(reader, nil)
        \t\t\t\tcheck(err)
        \t\t\t\t_, err = io.Copy(io.Discard, response.Body)
        \t\t\t\tcheck(err)
        \t\t\t\tif response.StatusCode != 200 {
        \t\t\t\t\tlog.Fatal(response.Status)
        \t\t\t\t}
        \t\t\t\tconnection.Close()
        \t\t\t}
        \t\t\tcounts <- count
        \t\t}()
        \t}
        \ttotal := 0
        \tfor client := 0; client < clients; client++ {
        \t\ttotal += <-counts
        \t}
        \tfmt.Println(total, time.Since(start).Seconds())
        }

        func check(err error) {
        \tif err != nil {
        \t\tlog.Fatal(err)
        \t}
        }

        """
}
