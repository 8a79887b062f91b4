"""SteamCity Open Data: the frame. The plugins of this distribution live in the folders beside this file."""
