/// The events of a request while they are read, in columns.
struct DraftEvents {
    var seam = SessionInput.Seam()
    var times: [Int64?] = []
    var gaps: [Float?] = []
    var dwells: [Float?] = []
    var hours: [UInt8] = []
    var weekdays: [UInt8] = []
    /// Values of an event's fields behind those of the event before.
    var texts: [String?] = []
    var numbers: [Double?] = []
    /// Which fields the last event gave, texts before numbers: a null is given, too.
    private var given: [Bool]
    private let widths: (texts: Int, numbers: Int)

    init(texts width: Int, numbers numeric: Int) {
        widths = (width, numeric)
        given = [Bool](repeating: false, count: width + numeric)
    }

    /// Begins an event without values.
    mutating func begin() {
        texts.append(contentsOf: repeatElement(nil, count: widths.texts))
        numbers.append(contentsOf: repeatElement(nil, count: widths.numbers))
        for place in given.indices { given[place] = false }
    }

    mutating func give(text: String?, to place: Int) { texts[texts.count - widths.texts + place] = text }
    mutating func give(number: Double?, to place: Int) { numbers[numbers.count - widths.numbers + place] = number }

    /// Notes that the event gave a field; false where it did before.
    mutating func note(_ field: SessionInput.Field) -> Bool {
        let place = field.isNumeric ? widths.texts + field.place : field.place
        defer { given[place] = true }
        return !given[place]
    }

    /// Values of a field in the order of events.
    func texts(_ place: Int) -> [String?] { times.indices.map { texts[$0 * widths.texts + place] } }
    func numbers(_ place: Int) -> [Double?] { times.indices.map { numbers[$0 * widths.numbers + place] } }
}
