import type { ErrorTexts } from './texts.js';

/** A site's tables, statistics and figures. */
export const dataErrors = {
  'CSM-COHORT-SMALL': {
    message: 'Fewer than {minimum} patients remain for training at this site.',
    remedy:
      'Add patients, hold fewer out for validation and test, or stay out of this run: so few patients neither train nor send statistics.',
  },
  'CSM-COHORT-STAGE': {
    message: 'Fewer than {minimum} training patients of this site have samples in the groups of stage {stage}.',
    remedy:
      'This site takes no part in that stage, and the run goes on without it there; nothing is to be done unless the group column of its tables is wrong.',
  },
  'CSM-DATA-BAG': {
    message: 'A file of feature bags cannot be read: {problem}.',
    remedy:
      'Copy it again, or write it again with one table of float32, vectors × width, for each patient; see the README of the model family.',
  },
  'CSM-DATA-BANDS': {
    message: 'The list of chromosome bands is not readable at line {line}.',
    remedy: 'Write one band a line as ISCN names it, for example 5q13 or 1p36.33, and each once.',
  },
  'CSM-DATA-CELLS': {
    message: '{file} cannot be used as cells: {problem}.',
    remedy:
      'Give an AnnData file (.h5ad), or a Matrix Market file with the names of its genes and cells; docs/run-file.md shows both.',
  },
  'CSM-DATA-CHANGED': {
    message: 'This site no longer has column {column}, which the run uses.',
    remedy: 'Put the data back as they were when the run began, or ask the lead for a new run.',
  },
  'CSM-DATA-COLUMN': {
    message: '{file} has no column {column}[{near}].',
    remedy: 'Correct the header of the file, or the column name in the run file.',
  },
  'CSM-DATA-COLUMN-TWICE': {
    message: '{file} gives its columns {first} and {second} the same name.',
    remedy: 'Remove or rename one of them. Where a table has no header, add one: its first row is read as names.',
  },
  'CSM-DATA-COLUMNS-DIFFER': {
    message: '{file} has no column {column}, which {other} has.',
    remedy: 'Give all feature files of a site the same columns.',
  },
  'CSM-DATA-EMPTY': {
    message: '{file} holds no rows.',
    remedy: 'Check the export that wrote it; a header and at least one row are needed.',
  },
  'CSM-DATA-FILE': {
    message: 'There is no file {file} in the data folder.',
    remedy: 'Check the data folder, or name the file of this site in its own configuration.',
  },
  'CSM-DATA-GZIP': {
    message: '{file} is not a readable gzip file.',
    remedy: 'Copy the file again: it is cut short, damaged, or not compressed in spite of its name.',
  },
  'CSM-DATA-H5-CODEC': {
    message: 'An HDF5 file is compressed with {codec}, which cannot be read here.',
    remedy:
      'Write it again with gzip, which every HDF5 library reads: compression="gzip" in h5py and in write_h5ad of AnnData.',
  },
  'CSM-DATA-H5AD': {
    message: '{file} is not a readable AnnData file: {problem}.',
    remedy: 'Open it with AnnData (Python) and write it again, or copy it again if that fails too.',
  },
  'CSM-DATA-IMAGE': {
    message: 'An image cannot be used: {problem}.',
    remedy: 'Look at it in a viewer; save it again as PNG, JPEG, TIFF or BMP.',
  },
  'CSM-DATA-IMAGE-LIBRARY': {
    message: 'The library that decodes images does not start on {platform} ({reason}).',
    remedy:
      'Install again with npm ci, without leaving out optional packages; the page of sharp lists the platforms that it is made for. Other kinds of data do not need it.',
  },
  'CSM-DATA-ISCN': {
    message: 'The karyotype is not readable at character {at}: {problem}.',
    remedy:
      'Write it by ISCN with its breakpoints, for example 46,XX,t(8;21)(q22;q22)[20], or leave it empty where it is not known.',
  },
  'CSM-DATA-LARGE': {
    message: '{file} holds more than {limit}.',
    remedy:
      'Check the export that wrote it, and where the file comes from: a small compressed file can unpack to fill the memory. Larger cohorts go into several feature files.',
  },
  'CSM-DATA-MALFORMED': {
    message: '{file} is not a well-formed table at line {line}.',
    remedy: 'Look at the quotes of that line: one that opens must close.',
  },
  'CSM-DATA-MATRIX-MARKET': {
    message: '{file} is not a readable Matrix Market file at line {line}: {problem}.',
    remedy:
      'Write the matrix again in the coordinate format, or copy the file again; a file that is packed needs a name that ends in .gz.',
  },
  'CSM-DATA-MISSING-FEATURES': {
    message: '{missing} of the {listed} listed features are missing at this site; the run allows {limit}.',
    remedy:
      'Compare the column names of the feature table with the list of the run, for example gene symbols with Ensembl names.',
  },
  'CSM-DATA-MOSTLY-FAULTY': {
    message: 'More than half of the rows of {file} cannot be used; the most frequent reason is: {reason}.',
    remedy:
      'Run consilium-site doctor at the site: it lists each row that was left out, with its line and reason. Paths of image files count from the data folder.',
  },
  'CSM-DATA-NO-FEATURES': {
    message: '{file} has no numeric column to learn from.',
    remedy: 'Check delimiter and decimal point (a comma is not read as one), or list the features in the run file.',
  },
  'CSM-DATA-NO-ROWS': {
    message: 'No row of {file} can be used: {why}.',
    remedy: 'Run consilium-site doctor at the site: it lists each row that was left out, with its line and reason.',
  },
  'CSM-DATA-NOT-NUMERIC': {
    message: 'Column {column} of {file} holds text, not numbers.',
    remedy: 'Check the decimal point (a comma is not read as one), or take the column off the feature list.',
  },
  'CSM-DATA-NPY': {
    message: 'A NumPy array cannot be read: {problem}.',
    remedy: 'Save it again with numpy.save of an array of float32 in C order: numpy.ascontiguousarray(a, "<f4").',
  },
  'CSM-DATA-ONE-CLASS': {
    message: 'All training patients of this site have the same class in column {column}.',
    remedy: 'Nothing can be learnt from one class alone; check the labels and the classes of the run file.',
  },
  'CSM-DATA-ROLE': {
    message: "This site's own file names leave out {role}, which the run needs.",
    remedy: 'Name it in data.files of site.yaml, or leave data.files out there to use the names of the run file.',
  },
  'CSM-DATA-SPLIT-FIXED': {
    message: '{file} says which patients are tested, and the run copies patients before a split is drawn.',
    remedy:
      "Leave the split file out of the site's settings, or let the run oversample in training alone: its test then says something.",
  },
  'CSM-DATA-SPLIT-STRADDLE': {
    message: '{file} puts {patients} patients in more than one part.',
    remedy: 'Give every patient one part only; otherwise the test would see training patients.',
  },
  'CSM-DATA-SPLIT-VALUE': {
    message: '{file} names an unknown part at line {line}.',
    remedy: 'Use train, validation or test in the column named split.',
  },
  'CSM-DATA-UNREADABLE': {
    message: '{file} cannot be read ({reason}).',
    remedy: 'Check the rights of the file and the disk.',
  },
  'CSM-DATA-UNTRUSTED': {
    message: '{file} cannot be trusted: {problems}, at {places}.',
    remedy:
      'Go back to what the table was made from: split patients before any of their rows is copied, and write each value under the name of its own feature.',
  },
  'CSM-METRICS-CLASSES': {
    message: 'The evaluation counts are for {received} classes; the run has {expected}.',
    remedy: 'Check that the site evaluated the model of this run; the counts are left out of the pooled figures.',
  },
  'CSM-METRICS-COUNTS': {
    message: 'The evaluation counts contradict themselves: {problem}.',
    remedy: "The site's software may be altered or of another version; the counts are left out of the pooled figures.",
  },
  'CSM-METRICS-EMPTY': {
    message: 'There are no evaluation counts to put together.',
    remedy: 'Pooled figures need at least one site with enough patients.',
  },
  'CSM-METRICS-INPUT': {
    message: "The model's predictions cannot be judged: {problem}.",
    remedy: 'If training diverged, lower the learning rate; see the log of the trainer.',
  },
  'CSM-METRICS-OVERFLOW': {
    message: 'The sum of the evaluation counts is past what can be counted exactly.',
    remedy: "A site sent absurd counts; find it in the step's contributions and leave it out.",
  },
  'CSM-REPORT-FOREIGN': {
    message: 'The report is for another {field} than the step that asked for it.',
    remedy: "Start the site's agent again; if it persists, its contribution is left out.",
  },
  'CSM-REPORT-INVALID': {
    message: 'The report is not valid at {path}: {problem}.',
    remedy: 'Use the same release at site and coordinator; a report written by hand or altered is refused.',
  },
  'CSM-REPORT-NO-CLASSES': {
    message:
      'There is no report of {site}: the last stage of the run tells no classes, and is judged by its loss alone.',
    remedy: 'Nothing is wrong. The pooled loss stands in the report of the run.',
  },
  'CSM-REPORT-SIGNATURE': {
    message: 'The report is not signed by the key of site {site}.',
    remedy: 'Do not use its figures. Fetch the report again, or ask the site for it.',
  },
  'CSM-REPORT-WITHHELD': {
    message: 'The report of {site} is withheld: fewer than {minimum} test patients would stand behind it.',
    remedy: 'Nothing is wrong. A site with more test patients has a report.',
  },
  'CSM-STATISTICS-CELL': {
    message: 'The statistics hold a figure about fewer than {minimum} patients.',
    remedy: 'Update the agent of this site: it must withhold such figures.',
  },
  'CSM-STATISTICS-INVALID': {
    message: 'The statistics are not valid: {problem}.',
    remedy: 'Check that site and coordinator run versions that fit; report it with both versions if they do.',
  },
  'CSM-STATISTICS-NO-FEATURES': {
    message: 'The {sites} sites have no numeric column in common.',
    remedy: 'Compare the column names of the sites (consilium-site doctor), or list the features in the run file.',
  },
  'CSM-STATISTICS-NO-STAIN': {
    message: 'No site has training images of {minimum} patients to take the stain reference from.',
    remedy:
      'Give the reference itself in preparation.image.stain, or raise validation.minimumCohort so that every site has enough.',
  },
  'CSM-STATISTICS-SINGULAR': {
    message: 'Covariate {covariate} of the harmonisation cannot be told from the sites or from the other covariates.',
    remedy: 'Leave it out: it has one value within each site, or follows from the others.',
  },
} as const satisfies ErrorTexts;
