/// Everything a catalog does.
public typealias Catalog = MarkerCatalog & NodeCatalog & PackerCatalog & ImportCatalog & ReportCatalog
    & DeadLetterCatalog & SchemaCatalog & RepairCatalog & RetentionCatalog & RebuildCatalog & PurgeCatalog
