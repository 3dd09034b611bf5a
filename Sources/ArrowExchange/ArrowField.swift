internal import CArrow

/// A column's name and type, with those of the columns it is made of.
public struct ArrowField: Sendable, Equatable {
    /// Its name; empty for the elements of some lists.
    public var name: String
    /// Its type; of a dictionary column the type of its words.
    public var type: ArrowType
    /// Whether values may be missing.
    public var isNullable: Bool
    /// What it is made of.
    public var children: [ArrowField]
    /// The type of the numbers of words, where the column is a dictionary.
    public var dictionaryIndex: ArrowType?

    /// A field.
    public init(
        _ name: String, _ type: ArrowType, isNullable: Bool = false, children: [ArrowField] = [], dictionaryIndex: ArrowType? = nil
    ) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.children = children
        self.dictionaryIndex = dictionaryIndex
    }

    /// A fixed-size list of single floats, such as an embedding.
    public static func floats(_ name: String, _ size: Int) -> ArrowField {
        ArrowField(name, .fixedSizeList(size), children: [ArrowField("element", .float(bytes: 4))])
    }

    /// The first format in it that is not read, with the place of the column; nil when all are.
    public var firstUnsupported: (column: String, format: String)? {
        if case .unsupported(let format) = type { return (name, format) }
        for child in children { if let found = child.firstUnsupported { return ("\(name).\(found.column)", found.format) } }
        return nil
    }

    /// Reads a schema that somebody else made.
    /// - Throws: `.damaged` where it breaks the rules of the C data interface.
    init(_ schema: UnsafePointer<ArrowSchema>, depth: Int = 0, place: String) throws(ArrowError) {
        guard depth < 64, let format = schema.pointee.format, (0...1 << 20).contains(schema.pointee.n_children),
            schema.pointee.n_children == 0 || schema.pointee.children != nil
        else { throw .damaged(place: place, reason: "its schema breaks the rules of the Arrow C data interface") }
        name = schema.pointee.name.map { String(cString: $0) } ?? ""
        isNullable = schema.pointee.flags & Int64(ARROW_FLAG_NULLABLE) != 0
        type = ArrowType(format: String(cString: format))
        dictionaryIndex = nil
        children = []
        var source = schema
        if let words = schema.pointee.dictionary {
            guard case .integer = type else {
                throw .damaged(place: place, reason: "column `\(name)` is a dictionary whose numbers are not whole")
            }
            dictionaryIndex = type
            source = UnsafePointer(words)
            let inner = try ArrowField(source, depth: depth + 1, place: place)
            (type, children) = (inner.dictionaryIndex == nil ? inner.type : .unsupported("dictionary of dictionaries"), inner.children)
            return
        }
        for index in 0..<Int(source.pointee.n_children) {
            guard let child = source.pointee.children[index] else {
                throw .damaged(place: place, reason: "column `\(name)` has no child \(index)")
            }
            children.append(try ArrowField(child, depth: depth + 1, place: place))
        }
        if let count = type.childCount, count != children.count {
            throw .damaged(place: place, reason: "column `\(name)` (\(type.format)) has \(children.count) children, not \(count)")
        }
    }
}
