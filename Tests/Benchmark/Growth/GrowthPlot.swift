import Foundation

/// The growth as a picture: four panels over the number of files, which is drawn on a logarithmic axis.
enum GrowthPlot {
    private struct Panel {
        let title: String
        let value: (Growth.Row) -> Double
    }

    private static var panels: [Panel] {
        [
            Panel(title: "sync, µs a file") { $0.syncOfOneFile },
            Panel(title: "peak memory of a sync, MiB") { $0.peak },
            Panel(title: "start to first answer, ms") { $0.start },
            Panel(title: "CPU of a request, µs") { $0.processor },
        ]
    }
    private static let width = 360.0
    private static let height = 220.0
    private static let margin = 48.0

    static func svg(_ rows: [Growth.Row]) -> String {
        let rows = rows.filter { $0.releases == 1 }.sorted { $0.files < $1.files }
        let body = panels.enumerated().map { index, panel in
            draw(panel, rows, x: Double(index % 2) * width, y: Double(index / 2) * height)
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width * 2)) \(Int(height * 2))" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            \(body.joined(separator: "\n"))
            </svg>

            """
    }

    private static func draw(_ panel: Panel, _ rows: [Growth.Row], x left: Double, y top: Double) -> String {
        guard let first = rows.first, let last = rows.last else { return "" }
        let values = rows.map(panel.value)
        let most = max(values.max() ?? 1, 1e-9) * 1.15
        let span = max(log10(Double(last.files)) - log10(Double(first.files)), 1e-9)
        func x(_ row: Growth.Row) -> Double {
            left + margin + (log10(Double(row.files)) - log10(Double(first.files))) / span * (width - 2 * margin)
        }
        func y(_ value: Double) -> Double { top + height - margin - value / most * (height - 2 * margin) }
        let points = zip(rows, values).map { "\(x($0).figure(1)),\(y($1).figure(1))" }.joined(separator: " ")
        let marks = zip(rows, values).map { row, value in
            """
            <circle cx="\(x(row).figure(1))" cy="\(y(value).figure(1))" r="3" fill="#0b62a4"/>\
            <text x="\(x(row).figure(1))" y="\((y(value) - 8).figure(1))" text-anchor="middle">\(value.figure(value < 100 ? 1 : 0))</text>\
            <text x="\(x(row).figure(1))" y="\((top + height - margin + 16).figure(1))" text-anchor="middle">\(row.files)</text>
            """
        }
        let floor = (top + height - margin).figure(1)
        return """
            <text x="\((left + width / 2).figure(1))" y="\((top + 20).figure(1))" text-anchor="middle">\(panel.title)</text>
            <line x1="\((left + margin / 2).figure(1))" y1="\(floor)" x2="\((left + width - margin / 2).figure(1))" y2="\(floor)" stroke="#888"/>
            <polyline points="\(points)" fill="none" stroke="#0b62a4" stroke-width="2"/>
            \(marks.joined(separator: "\n"))
            """
    }
}
