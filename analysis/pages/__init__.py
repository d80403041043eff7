"""What every page is made of: template, style, figures, tables and print."""
